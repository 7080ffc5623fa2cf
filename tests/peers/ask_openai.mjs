// The official openai SDK for Node.
import { readFileSync } from "node:fs";
import OpenAI from "openai";

const given = JSON.parse(readFileSync(0, "utf8"));
const client = new OpenAI({ baseURL: given.url, apiKey: given.key });

const tokens = (usage) => [usage.prompt_tokens, usage.completion_tokens, usage.total_tokens];

function ask(name, parameters = {}, { by = client, picture = false } = {}) {
  const content = [{ type: "text", text: `openai-node ${name}` }];
  if (picture) content.push({ type: "image_url", image_url: { url: given.picture } });
  return by.chat.completions.create({ model: "m", messages: [{ role: "user", content }], ...parameters });
}

function whole(answer) {
  return {
    texts: answer.choices.map((choice) => choice.message.content),
    ended: answer.choices.map((choice) => choice.finish_reason),
    usage: tokens(answer.usage),
    request_id: answer._request_id,
    model: answer.model,
  };
}

async function pieces(stream) {
  const said = [];
  const usages = [];
  for await (const chunk of await stream) {
    if (chunk.choices.length) said.push(chunk.choices[0].delta.content ?? "");
    if (chunk.usage) usages.push(tokens(chunk.usage));
  }
  return { texts: [said.join("")], pieces: said.length, usages, usage: usages.at(-1) ?? null };
}

const tool = { type: "function", function: { name: "count_boats", parameters: { type: "object", properties: {} } } };
const limited = new OpenAI({ baseURL: given.url, apiKey: given.limited, maxRetries: 0 });
const stranger = new OpenAI({ baseURL: given.url, apiKey: "dsc_of_nobody" });

const cases = {
  vision: async () => whole(await ask("vision", {}, { picture: true })),
  streamed: () => pieces(ask("streamed", { stream: true, stream_options: { include_usage: true } }, { picture: true })),
  streamed_plainly: () => pieces(ask("streamed_plainly", { stream: true })),
  several: async () => whole(await ask("several", { n: 2 })),
  stop: async () => whole(await ask("stop", { stop: ["\n", "END"], temperature: 0, seed: 0, max_tokens: 50 })),
  as_json: async () => whole(await ask("as_json", { response_format: { type: "json_object" } })),
  tools: async () => {
    const answer = await ask("tools", { tools: [tool], tool_choice: "auto" });
    const calls = answer.choices[0].message.tool_calls.map((call) => [call.function.name, call.function.arguments]);
    return { ...whole(answer), calls };
  },
  models: async () => (await client.models.list()).data.map((model) => [model.id, model.object, model.owned_by]),
  one_model: async () => (await client.models.retrieve("m")).id,
  wrong_key: async () => whole(await ask("wrong_key", {}, { by: stranger })),
  bad_body: async () => whole(await ask("bad_body", { temperature: 7 })),
  refused_above: async () => whole(await ask("refused_above", { frequency_penalty: 1 })),
  unknown_model: async () => whole(await ask("unknown_model", { model: "nobody" })),
  over_the_rate: async () => {
    // A new minute begins between three asks at most once.
    for (let count = 0; count < 3; count += 1) await ask("over_the_rate", {}, { by: limited });
  },
  unreadable: async () => whole(await ask("unreadable")),
  cut: () => pieces(ask("cut", { stream: true })),
  down: async () => whole(await ask("down")),
};

function raised(error) {
  const kinds = [];
  for (let kind = error.constructor; kind?.name; kind = Object.getPrototypeOf(kind)) kinds.push(kind.name);
  const { status: status_code, code, param, requestID: request_id } = error;
  return { raised: kinds, message: error.message, status_code, code, param, request_id };
}

async function outcome([name, run]) {
  try {
    return [name, (await run()) ?? null];
  } catch (error) {
    return [name, raised(error)];
  }
}

console.log(JSON.stringify(Object.fromEntries(await Promise.all(Object.entries(cases).map(outcome)))));
