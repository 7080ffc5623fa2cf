// JSON is checked as it is typed: where it is no JSON, and what its field needs. The site checks it once more when it is asked.

const PAUSE = 350; // milliseconds without a key
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const TYPES = ["text", "json_object", "json_schema"];
const SCHEMA_TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"];
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const BLANK = /[ \t\n\r]*/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const PLAIN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

// Where a text stops being JSON, as line and column. Browsers say it in words of their own, or not at all.
const where = (text) => {
  let at = 0;
  const eat = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return Boolean(found);
  };
  const sign = (one) => { eat(BLANK); if (text[at] !== one) return false; at += 1; return true; };
  const list = (end, item) => {
    if (sign(end)) return true;
    do if (!item()) return false; while (sign(","));
    return sign(end);
  };
  const member = () => eat(BLANK) && eat(TEXT) && sign(":") && value();
  const value = () => {
    if (sign("{")) return list("}", member);
    if (sign("[")) return list("]", value);
    return eat(TEXT) || eat(PLAIN);
  };
  value() && eat(BLANK);
  const before = text.slice(0, at).split("\n");
  return [before.length, before.at(-1).length + 1];
};

const schemaFault = (schema, path) => {
  if (typeof schema === "boolean") return "";
  if (!isObject(schema)) return `${path} is no object.`;
  for (const type of [schema.type ?? []].flat()) if (!SCHEMA_TYPES.includes(type)) return `${path}: there is no type ${JSON.stringify(type)}; it is one of ${SCHEMA_TYPES.join(", ")}.`;
  if ("required" in schema && !(Array.isArray(schema.required) && schema.required.every((name) => typeof name === "string"))) return `${path}.required is a list of names.`;
  if ("properties" in schema && !isObject(schema.properties)) return `${path}.properties is an object.`;
  const within = [...Object.entries(schema.properties ?? {}).map(([name, one]) => [one, `${path}.properties.${name}`])];
  if ("items" in schema && !Array.isArray(schema.items)) within.push([schema.items, `${path}.items`]);
  return within.map(([one, at]) => schemaFault(one, at)).find(Boolean) ?? "";
};

const toolFault = (tool, at) => {
  if (typeof tool?.type !== "string") return `Tool ${at + 1}: the type is missing.`;
  if (tool.type !== "function") return "";
  if (!NAME.test(tool.function?.name ?? "")) return `Tool ${at + 1}: the function needs a name of letters, digits, _ and -.`;
  return tool.function.parameters ? schemaFault(tool.function.parameters, `Tool ${at + 1}: parameters`) : "";
};

const FAULTS = {
  response_format: (value) => {
    if (!isObject(value) || !TYPES.includes(value.type)) return `It is an object with a "type": one of ${TYPES.join(", ")}.`;
    if (value.type !== "json_schema") return "";
    if (!NAME.test(value.json_schema?.name ?? "")) return 'json_schema needs a "name" of letters, digits, _ and -.';
    return value.json_schema.schema === undefined ? "" : schemaFault(value.json_schema.schema, "schema");
  },
  tools: (value) => (Array.isArray(value) && value.length ? value.map(toolFault).find(Boolean) ?? "" : "It is a list of functions."),
  logit_bias: (value) => {
    if (!isObject(value)) return 'It is an object like {"50256": -100}.';
    const wrong = Object.entries(value).find(([token, bias]) => !/^\d+$/.test(token) || !Number.isInteger(bias) || Math.abs(bias) > 100);
    return wrong ? `${wrong[0]}: ${JSON.stringify(wrong[1])} is no token id with a whole number from -100 to 100.` : "";
  },
};

const faultOf = (name, text) => {
  if (!text.trim()) return "";
  try {
    return FAULTS[name]?.(JSON.parse(text)) ?? "";
  } catch {
    const [line, column] = where(text);
    return `Not JSON: line ${line}, column ${column}.`;
  }
};

const more = document.getElementById("more");
const waits = new Map();
const judge = (field) => {
  const words = faultOf(field.name, field.value);
  more.querySelector(`[data-error="${field.name}"]`).textContent = words;
  if (words) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
};
for (const field of more.querySelectorAll("textarea.code")) {
  field.addEventListener("input", () => {
    clearTimeout(waits.get(field));
    waits.set(field, setTimeout(judge, PAUSE, field));
  });
  field.addEventListener("blur", () => judge(field));
}
document.getElementById("ask").addEventListener("put", () => more.querySelectorAll("textarea.code").forEach(judge));
