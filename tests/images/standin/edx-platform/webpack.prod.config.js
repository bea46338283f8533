// One bundle for each site; where they are is told in files beside the static files.
const path = require('path');
const BundleTracker = require('webpack-bundle-tracker');

const tracker = (root) => new BundleTracker({ path: process.env[root], filename: 'webpack-stats.json' });

module.exports = {
    mode: 'production',
    context: __dirname,
    entry: { courseware: './lms/static/js/courseware.js', outline: './cms/static/js/outline.js' },
    output: { path: path.resolve(__dirname, 'common/static/bundles'), filename: '[name].[chunkhash].js' },
    plugins: [tracker('STATIC_ROOT_LMS'), tracker('STATIC_ROOT_CMS')],
};
