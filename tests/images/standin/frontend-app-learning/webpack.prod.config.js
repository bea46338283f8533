// A page and a script, under the path and by the name that the build says.
const path = require('path');
const webpack = require('webpack');
const HtmlWebpackPlugin = require('html-webpack-plugin');

// As @openedx/frontend-build 14 has it: the agent is left out for `false` alone.
const agent = process.env.ENABLE_NEW_RELIC !== 'false'
    ? '<script src="https://js-agent.newrelic.com/nr-spa-1212.min.js"></script>' : '';

module.exports = {
    mode: 'production',
    devtool: 'source-map',
    entry: './src/index.js',
    output: {
        path: path.resolve(__dirname, 'dist'),
        publicPath: process.env.PUBLIC_PATH || '/',
        filename: '[name].[chunkhash].js',
    },
    plugins: [
        new HtmlWebpackPlugin({
            templateContent: `<title>${process.env.APP_ID || 'site'}</title>${agent}<div id="root"></div>`,
        }),
        new webpack.EnvironmentPlugin({ APP_ID: 'site', MFE_CONFIG_API_URL: '' }),
    ],
};
