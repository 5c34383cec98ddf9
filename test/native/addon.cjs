// The built addon, for scripts that run outside of vitest.
const { join } = require('node:path');
exports.native = require('node-gyp-build')(join(__dirname, '../..'));
