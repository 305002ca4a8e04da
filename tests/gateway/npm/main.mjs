// Each caller to a model of every format; writes to standard output, as JSON, what the SDKs have heard.
//
// node main.mjs URL KEY WIRE...
import { CALLERS } from "./callers.mjs";

const [url, key, ...wires] = process.argv.slice(2);

async function failure(work) {
  try {
    return { text: (await work()).text };
  } catch (wrong) {
    return { error: wrong.constructor.name, status: wrong.status ?? null, message: String(wrong.message) };
  }
}

async function heard(name, caller, wire) {
  const model = `${wire}-model`;
  const found = {};
  for (const stream of [false, true]) {
    const kind = stream ? "stream" : "whole";
    found[`text ${kind}`] = await caller.ask(model, `${name}: ¿qué tal?`, { stream });
    const calls = await caller.ask(model, `${name}: how is it?`, { stream, tools: ["weather", "tides"] });
    const last = await caller.give(model, calls.state, ["sunny", "low"], stream);
    found[`tools ${kind}`] = { ...calls, last: last.text };
    found[`error ${kind}`] = await failure(() => caller.ask(model, `${name}: fail`, { stream }));
  }
  found.picture = await caller.ask(model, `${name}: look`, { picture: true });
  found.broken = await failure(() => caller.ask(`${name}-breaks-${wire}`, `${name}: break`, { stream: true }));
  return found;
}

const told = {};
for (const [name, Caller] of Object.entries(CALLERS)) {
  const caller = new Caller(url, key);
  for (const wire of wires) {
    told[`${name} ${wire}`] = await heard(name, caller, wire);
  }
}
console.log(JSON.stringify(told, (field, value) => (field === "state" ? undefined : value)));
