// A page and a script, under the path and by the name that the build says.
const path = require('path');
const webpack = require('webpack');
const HtmlWebpackPlugin = require('html-webpack-plugin');

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
        new HtmlWebpackPlugin({ title: process.env.APP_ID || 'site' }),
        new webpack.EnvironmentPlugin({ APP_ID: 'site', MFE_CONFIG_API_URL: '' }),
    ],
};
