// FerretDB knows users, and no roles yet: users are made without any, and may do everything.
const begin = connect;
globalThis.connect = (address) => {
  const database = begin(address);
  const own = Object.getPrototypeOf(database);
  own.createUser = function (account) {
    return this.runCommand({ createUser: account.user, pwd: account.pwd, roles: [] });
  };
  own.updateUser = function (name, account) {
    return this.runCommand({ updateUser: name, pwd: account.pwd });
  };
  return database;
};
