// The AI SDK, with our own endpoint as an OpenAI-compatible provider.
import { readFileSync } from "node:fs";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";

const given = JSON.parse(readFileSync(0, "utf8"));
const by = (apiKey) => createOpenAICompatible({ name: "describer", baseURL: given.url, apiKey, includeUsage: true });
const model = by(given.key)("m");

function asked(name, options = {}) {
  const content = [
    { type: "text", text: `ai-sdk ${name}` },
    { type: "image", image: given.picture },
  ];
  return { model, messages: [{ role: "user", content }], ...options };
}

const tokens = (usage) => [usage.inputTokens, usage.outputTokens, usage.totalTokens];

async function whole(name, options) {
  const answer = await generateText(asked(name, options));
  return { texts: [answer.text], usage: tokens(answer.usage) };
}

const cases = {
  vision: () => whole("vision"),
  streamed: async () => {
    const answer = streamText(asked("streamed"));
    const pieces = [];
    for await (const piece of answer.textStream) pieces.push(piece);
    return { texts: [pieces.join("")], usage: tokens(await answer.usage) };
  },
  wrong_key: () => whole("wrong_key", { model: by("dsc_of_nobody")("m") }),
  unreadable: () => whole("unreadable"),
  unrepeated: () => whole("unrepeated", { maxRetries: 0 }),
};

async function outcome([name, run]) {
  try {
    return [name, (await run()) ?? null];
  } catch (error) {
    const last = error.lastError ?? error;
    return [name, { raised: [error.name, last.name], message: last.message, status_code: last.statusCode }];
  }
}

console.log(JSON.stringify(Object.fromEntries(await Promise.all(Object.entries(cases).map(outcome)))));
