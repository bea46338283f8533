// Makes the platform's user on a MongoDB server, and rotates passwords. Run by `mongosh --nodb --quiet`.
//
// Environment: MONGODB_HOST, MONGODB_PORT, DATABASE, DATABASE_USER.
// Files in SECRETS_DIR (/openedx/secrets): mongodb_root_password, mongodb_password, and while root's password is being
// changed mongodb_root_password_previous.
//
// MongoDB knows one password for each user: pods that still have the former one keep their connections, and can't make
// new ones.
const fs = require("fs");

const secrets = process.env.SECRETS_DIR || "/openedx/secrets";
const { MONGODB_HOST, MONGODB_PORT, DATABASE, DATABASE_USER } = process.env;
const REFUSED = 18; // AuthenticationFailed
const ATTEMPTS = Number(process.env.ATTEMPTS || 30);

const step = (text) => print(`mongodb_provision: ${text}`);
const exists = (name) => fs.existsSync(`${secrets}/${name}`);
const secret = (name) => fs.readFileSync(`${secrets}/${name}`, "utf8").replace(/\n$/, "");

// A database as a user, or null when the server refuses the password.
function as(user, name, database) {
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(secret(name))}`;
  const address = `mongodb://${login}@${MONGODB_HOST}:${MONGODB_PORT}/${database}`;
  for (let attempt = 1; ; attempt++) {
    try {
      const db = connect(`${address}?authSource=${database}&serverSelectionTimeoutMS=5000`);
      db.runCommand({ ping: 1 });
      return db;
    } catch (error) {
      if (error.code === REFUSED) return null;
      if (attempt >= ATTEMPTS) {
        throw new Error(`no server answers at ${MONGODB_HOST}:${MONGODB_PORT}: ${error.message}`);
      }
      sleep(2000);
    }
  }
}

function root() {
  step(`1 of 2: root's password at ${MONGODB_HOST}:${MONGODB_PORT}`);
  const admin = as("root", "mongodb_root_password", "admin");
  if (admin) return admin;
  const before = exists("mongodb_root_password_previous") && as("root", "mongodb_root_password_previous", "admin");
  if (!before) {
    throw new Error(
      "the server accepts neither mongodb_root_password nor a previous one: put back the password that it has"
    );
  }
  before.changeUserPassword("root", secret("mongodb_root_password"));
  step("root's password was changed");
  return as("root", "mongodb_root_password", "admin");
}

function user(admin) {
  step(`2 of 2: user ${DATABASE_USER} of ${DATABASE}`);
  const database = admin.getSiblingDB(DATABASE);
  const account = { pwd: secret("mongodb_password"), roles: [{ role: "readWrite", db: DATABASE }] };
  if (database.getUser(DATABASE_USER)) {
    database.updateUser(DATABASE_USER, account);
  } else {
    database.createUser({ user: DATABASE_USER, ...account });
  }
  if (!as(DATABASE_USER, "mongodb_password", DATABASE)) throw new Error(`${DATABASE_USER} can't log in`);
}

try {
  user(root());
  step("done");
} catch (error) {
  step(`failed: ${error.message}`);
  quit(1);
}
