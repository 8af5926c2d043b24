// Loaded before the tests of webex-node-bot-framework: every framework they make listens to webhooks on a port of its own
// instead of opening a websocket to Webex. The package's own code and tests stay as they are.
//
//   WEBHOOK_PORT  where to listen; the port also serves the file that tests post by its address

const fs = require('fs');
const http = require('http');
const Module = require('module');
const path = require('path');

const home = path.dirname(require.resolve('webex-node-bot-framework/package.json', {paths: [process.cwd(), path.join(process.cwd(), '..', '..')]}));
const port = process.env.WEBHOOK_PORT;
const load = Module._load;
let hear = () => {};

function answer(request, response) {
  if (request.method === 'GET') {
    response.setHeader('Content-Type', 'image/jpeg');
    response.end(fs.readFileSync(path.join(home, 'test', 'flint.jpg')));
    return;
  }
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    request.body = JSON.parse(Buffer.concat(chunks).toString());
    response.status = (code) => { response.statusCode = code; };
    response.send = (text) => response.end(text);
    hear(request, response);
  });
}

// The framework says that it is initialized before its webhooks exist; the tests, made for a websocket, start at once.
function waitForWebhooks(framework) {
  const initialize = framework.initialize;
  framework.initialize = function () {
    if (framework.webhook.id && framework.cardsWebhook.id) {
      return initialize.call(framework);
    }
    return new Promise((resolve) => setTimeout(resolve, 10)).then(() => framework.initialize());
  };
}

Module._load = function (request, parent) {
  const loaded = load.apply(this, arguments);
  if (!/\/framework$/.test(request) || Module._resolveFilename(request, parent) !== path.join(home, 'lib', 'framework.js')) {
    return loaded;
  }
  return function Framework(options) {
    const framework = new loaded({...options, webhookUrl: `http://127.0.0.1:${port}/`, webhookSecret: 'of the judges'});
    waitForWebhooks(framework);
    hear = require(path.join(home, 'webhook.js'))(framework);
    return framework;
  };
};

// The tests of 1:1 rooms are left out unless a bot for such a room is known when they are read; it is found out later.
require(path.join(home, 'test', 'common', 'common.js')).botForUser1on1Space = 'found when the framework starts';

http.createServer(answer).listen(port, '127.0.0.1');
