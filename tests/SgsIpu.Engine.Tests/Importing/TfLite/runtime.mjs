// Runs TFLite files in a runtime that is not ours, the WASM build of TensorFlow Lite in a headless Chromium, and prints what it computes as JSON.
//
//   npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-cpu @tensorflow/tfjs-tflite puppeteer-core
//   node runtime.mjs FOLDER > operators.json
//
// FOLDER has NAME.tflite with inputs NAME.0.bin, NAME.1.bin, … (raw elements). With a number after the folder every so many elements of an
// output are kept. CHROMIUM says where the browser is.
import fs from 'fs';
import http from 'http';
import path from 'path';
import puppeteer from 'puppeteer-core';

const [, , folder, step = '1'] = process.argv;
const modules = path.resolve('node_modules', '@tensorflow');
const scripts = ['tfjs-core/dist/tf-core.min.js', 'tfjs-backend-cpu/dist/tf-backend-cpu.min.js', 'tfjs-tflite/dist/tf-tflite.min.js'];
const types = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

const server = http.createServer((request, response) => {
  const name = decodeURIComponent(new URL(request.url, 'http://x').pathname);
  if (name === '/') {
    response.setHeader('content-type', 'text/html');
    response.end(scripts.map(s => `<script src="/m/${s}"></script>`).join(''));
    return;
  }
  const file = name.startsWith('/m/') ? path.join(modules, name.slice(3)) : path.join(folder, name.slice(3));
  if (!fs.existsSync(file)) {
    response.statusCode = 404;
    response.end();
    return;
  }
  response.setHeader('content-type', types[path.extname(file)] ?? 'application/octet-stream');
  fs.createReadStream(file).pipe(response);
});
await new Promise(done => server.listen(0, '127.0.0.1', done));

const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: ['--no-sandbox'] });
const page = await browser.newPage();
page.on('console', message => console.error(message.text()));
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.evaluate(async () => {
  tflite.setWasmPath('/m/tfjs-tflite/wasm/');
  await tf.setBackend('cpu');
});

const results = {};
for (const file of fs.readdirSync(folder).filter(f => f.endsWith('.tflite')).sort()) {
  const name = file.slice(0, -7);
  try {
    results[name.replaceAll('~', ' ')] = await page.evaluate(async (name, step) => {
      const model = await tflite.loadTFLiteModel(`/c/${name}.tflite`, { numThreads: 1 });
      const feeds = {};
      for (let i = 0; i < model.inputs.length; i++) {
        const bytes = await (await fetch(`/c/${name}.${i}.bin`)).arrayBuffer();
        const { dtype, shape, name: input } = model.inputs[i];
        feeds[input] = tf.tensor(dtype === 'int32' ? new Int32Array(bytes) : dtype === 'bool' ? new Uint8Array(bytes) : new Float32Array(bytes), shape, dtype);
      }
      const y = model.predict(model.inputs.length === 1 ? feeds[model.inputs[0].name] : feeds);
      const outputs = model.outputs.length === 1 ? [y] : model.outputs.map(o => o.name).sort().map(o => y[o]);
      return outputs.map(o => Array.from(o.dataSync()).filter((_, i) => i % step === 0));
    }, name, Number(step));
  } catch (error) {
    console.error(`${name}: ${error.message.split('\n')[0]}`);
  }
}
const lines = Object.entries(results).map(([name, outputs]) => `${JSON.stringify(name)}: ${JSON.stringify(outputs, (_, v) => typeof v === 'number' ? Number(v.toPrecision(8)) : v)}`);
process.stdout.write(`{\n${lines.join(',\n')}\n}\n`);
await browser.close();
server.close();
