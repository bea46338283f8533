import { greeting } from './i18n';

fetch(`${process.env.MFE_CONFIG_API_URL}?mfe=${process.env.APP_ID}`)
    .then((response) => response.json())
    .then((config) => { document.body.textContent = greeting(config.LANGUAGE); });
