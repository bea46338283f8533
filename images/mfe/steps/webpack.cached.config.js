// The micro-frontend's own configuration for production, with a cache that outlives the build.
const fs = require('fs');
const path = require('path');

const own = path.resolve(__dirname, 'webpack.prod.config.js');
const config = fs.existsSync(own) ? require(own) : require('@openedx/frontend-build').createConfig('webpack-prod');

module.exports = { ...config, cache: { type: 'filesystem', cacheDirectory: '/cache' } };
