// Makes the platform's user on a MongoDB server or replica set, and rotates passwords. Run by `mongosh --nodb --quiet`.
//
// Environment: MONGODB_ADDRESS (mongodb://host:port,… or mongodb+srv://name, without users), DATABASE, DATABASE_USER.
// May be empty or absent:
//   AUTH_DATABASE (DATABASE)              database that holds the user
//   ADMIN_USER (root)                     who makes users, in the database admin
//   OWN_SERVER (true)                     false where the administrator's own password is not ours to change; operator
//                                         where an operator of the cluster changes it, which takes a while
//   REPLICA_SET, RETRY_WRITES             name of the replica set; false where the server knows no such writes
//   AUTH_MECHANISM                        how users log in; empty: as server and driver agree
//   TLS_VERIFY                            full, ca or none; empty: the connection is not encrypted
//   TLS_CA, TLS_KEY                       files; the key's holds the certificate, too
// Files in SECRETS_DIR (/openedx/secrets): mongodb_root_password, which is the administrator's, mongodb_password, and
// while the administrator's password is being changed mongodb_root_password_previous.
//
// MongoDB knows one password for each user: pods that still have the former one keep their connections, and can't make
// new ones.
const fs = require("fs");

const secrets = process.env.SECRETS_DIR || "/openedx/secrets";
const { MONGODB_ADDRESS, DATABASE, DATABASE_USER } = process.env;
const { REPLICA_SET, RETRY_WRITES, AUTH_MECHANISM, TLS_VERIFY, TLS_CA, TLS_KEY } = process.env;
const AUTH_DATABASE = process.env.AUTH_DATABASE || DATABASE;
const ADMIN = process.env.ADMIN_USER || "root";
const OWN_SERVER = process.env.OWN_SERVER || "true";
const REFUSED = [18, 8000]; // AuthenticationFailed, and what Atlas says instead
const ATTEMPTS = Number(process.env.ATTEMPTS || 30);

const step = (text) => print(`mongodb_provision: ${text}`);
const exists = (name) => fs.existsSync(`${secrets}/${name}`);
const secret = (name) => fs.readFileSync(`${secrets}/${name}`, "utf8").replace(/\n$/, "");

// What follows the `?` of an address.
function options(holder) {
  const found = { authSource: holder, serverSelectionTimeoutMS: 5000 };
  if (REPLICA_SET) found.replicaSet = REPLICA_SET;
  if (AUTH_MECHANISM) found.authMechanism = AUTH_MECHANISM;
  if (RETRY_WRITES === "false") found.retryWrites = false;
  if (TLS_VERIFY) found.tls = true;
  if (TLS_VERIFY === "ca") found.tlsAllowInvalidHostnames = true;
  if (TLS_VERIFY === "none") found.tlsAllowInvalidCertificates = true;
  if (TLS_VERIFY && TLS_CA) found.tlsCAFile = TLS_CA;
  if (TLS_VERIFY && TLS_KEY) found.tlsCertificateKeyFile = TLS_KEY;
  return Object.entries(found).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}

// A database as a user whom `holder` holds, or null when the server refuses the password.
function as(user, name, database, holder) {
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(secret(name))}`;
  const [scheme, servers] = MONGODB_ADDRESS.split("://");
  for (let attempt = 1; ; attempt++) {
    try {
      const db = connect(`${scheme}://${login}@${servers}/${database}?${options(holder)}`);
      db.runCommand({ ping: 1 });
      return db;
    } catch (error) {
      if (REFUSED.includes(error.code)) return null;
      if (attempt >= ATTEMPTS) {
        throw new Error(`no server answers at ${servers}: ${error.message}`);
      }
      sleep(2000);
    }
  }
}

function administrator() {
  step(`1 of 2: password of ${ADMIN} at ${MONGODB_ADDRESS}`);
  let admin = as(ADMIN, "mongodb_root_password", "admin", "admin");
  // Were it changed here, the operator could not log in any more: it does by the former one, until it changes it.
  for (let attempt = 1; !admin && OWN_SERVER === "operator" && attempt < ATTEMPTS; attempt++) {
    sleep(2000);
    admin = as(ADMIN, "mongodb_root_password", "admin", "admin");
  }
  if (admin) return admin;
  if (OWN_SERVER === "operator") {
    throw new Error(
      `the operator has not given ${ADMIN} the password mongodb_root_password yet: its log tells why; then run this again`
    );
  }
  if (OWN_SERVER === "false") {
    throw new Error(
      `the server does not let ${ADMIN} in by mongodb_root_password: put the right password into openedx:secrets`
    );
  }
  const before =
    exists("mongodb_root_password_previous") && as(ADMIN, "mongodb_root_password_previous", "admin", "admin");
  if (!before) {
    throw new Error(
      "the server accepts neither mongodb_root_password nor a previous one: put back the password that it has"
    );
  }
  before.changeUserPassword(ADMIN, secret("mongodb_root_password"));
  step(`the password of ${ADMIN} was changed`);
  return as(ADMIN, "mongodb_root_password", "admin", "admin");
}

function user(admin) {
  step(`2 of 2: user ${DATABASE_USER} of ${AUTH_DATABASE}`);
  const holder = admin.getSiblingDB(AUTH_DATABASE);
  const account = { pwd: secret("mongodb_password"), roles: [{ role: "readWrite", db: DATABASE }] };
  if (holder.getUser(DATABASE_USER)) {
    holder.updateUser(DATABASE_USER, account);
  } else {
    holder.createUser({ user: DATABASE_USER, ...account });
  }
  if (!as(DATABASE_USER, "mongodb_password", DATABASE, AUTH_DATABASE)) {
    throw new Error(`${DATABASE_USER} can't log in`);
  }
}

try {
  user(administrator());
  step("done");
} catch (error) {
  step(`failed: ${error.message}`);
  quit(1);
}
