// Messages lie beside this file once they are pulled.
const messages = require.context('.', true, /[.]json$/);

export const greeting = (language) => messages.keys().map((key) => messages(key)[language]).find(Boolean);
