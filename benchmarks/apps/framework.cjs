// webex-node-bot-framework's express handler with a framework that runs, on a bot that hears a message of a room.
const path = process.argv[2], port = Number(process.argv[3]);
const { createRequire } = require('module');
const load = createRequire(path + '/package.json');
const express = load('express'), Framework = load('webex-node-bot-framework'), webhook = load('webex-node-bot-framework/webhook');
const framework = new Framework({ token: process.env.BOT_TOKEN, webhookUrl: `http://127.0.0.1:${port}/hook`, webhookSecret: process.env.HOOK_SECRET });
framework.hears(/nothing at all/, () => {}, 'nothing');
const app = express();
app.use(express.json());
app.get('/healthz', (_, answer) => answer.send('ok'));
app.post('/hook', webhook(framework));
app.post('/bare', (_, answer) => answer.sendStatus(204));
framework.start().then(() => app.listen(port, '127.0.0.1'));
