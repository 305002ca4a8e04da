// The vendors' SDKs for Node as callers that do the same things, each in its own format; see sdk_callers.py.
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const SYSTEM = "answer in one line";
const WEATHER = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const NONE = { stream: false, tools: [], picture: false };

class Chat {
  constructor(url, key) {
    this.client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  }

  ask(model, text, { stream, tools, picture } = NONE) {
    const shown = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
    const content = picture ? [{ type: "text", text }, shown] : text;
    const messages = [{ role: "system", content: SYSTEM }, { role: "user", content }];
    const offered = (tools ?? []).map((name) => ({ type: "function", function: { name, parameters: WEATHER } }));
    return this.send(model, messages, offered, stream);
  }

  give(model, { messages, offered, answer }, results, stream) {
    const given = answer.tool_calls.map(({ id }, at) => ({ role: "tool", tool_call_id: id, content: results[at] }));
    return this.send(model, [...messages, answer, ...given], offered, stream);
  }

  async send(model, messages, offered, stream) {
    const asked = { model, messages, ...(offered.length ? { tools: offered } : {}) };
    const done = stream
      ? await this.client.chat.completions
          .stream({ ...asked, stream_options: { include_usage: true } })
          .finalChatCompletion()
      : await this.client.chat.completions.create(asked);
    const answer = done.choices[0].message;
    const calls = (answer.tool_calls ?? []).map((one) => [one.function.name, JSON.parse(one.function.arguments)]);
    const used = done.usage;
    const cached = used.prompt_tokens_details?.cached_tokens ?? 0;
    const tokens = [used.prompt_tokens, cached, used.completion_tokens];
    return { text: answer.content ?? "", calls, tokens, state: { messages, offered, answer } };
  }
}

class Responses {
  constructor(url, key) {
    this.client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  }

  ask(model, text, { stream, tools, picture } = NONE) {
    const content = [{ type: "input_text", text }];
    if (picture) {
      content.push({ type: "input_image", image_url: `data:image/png;base64,${PNG}`, detail: "auto" });
    }
    const offered = (tools ?? []).map((name) => ({ type: "function", name, parameters: WEATHER, strict: false }));
    return this.send(model, [{ role: "user", content }], offered, stream);
  }

  give(model, { input, offered, output }, results, stream) {
    const given = output
      .filter(({ type }) => type === "function_call")
      .map(({ call_id }, at) => ({ type: "function_call_output", call_id, output: results[at] }));
    return this.send(model, [...input, ...output, ...given], offered, stream);
  }

  async send(model, input, offered, stream) {
    const asked = { model, instructions: SYSTEM, input, ...(offered.length ? { tools: offered } : {}) };
    const done = stream
      ? await this.client.responses.stream(asked).finalResponse()
      : await this.client.responses.create(asked);
    const output = done.output.map(({ parsed_arguments, ...one }) => one);
    const calls = output
      .filter(({ type }) => type === "function_call")
      .map((one) => [one.name, JSON.parse(one.arguments)]);
    const used = done.usage;
    const tokens = [used.input_tokens, used.input_tokens_details.cached_tokens, used.output_tokens];
    return { text: done.output_text, calls, tokens, state: { input, offered, output } };
  }
}

class Messages {
  constructor(url, key) {
    this.client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
  }

  ask(model, text, { stream, tools, picture } = NONE) {
    const content = [{ type: "text", text }];
    if (picture) {
      content.push({ type: "image", source: { type: "base64", media_type: "image/png", data: PNG } });
    }
    const offered = (tools ?? []).map((name) => ({ name, input_schema: WEATHER }));
    return this.send(model, [{ role: "user", content }], offered, stream);
  }

  give(model, { messages, offered, content }, results, stream) {
    const given = content
      .filter(({ type }) => type === "tool_use")
      .map(({ id }, at) => ({ type: "tool_result", tool_use_id: id, content: results[at] }));
    const more = [{ role: "assistant", content }, { role: "user", content: given }];
    return this.send(model, [...messages, ...more], offered, stream);
  }

  async send(model, messages, offered, stream) {
    const asked = { model, max_tokens: 999, system: SYSTEM, messages, ...(offered.length ? { tools: offered } : {}) };
    const done = stream
      ? await this.client.messages.stream(asked).finalMessage()
      : await this.client.messages.create(asked);
    const of = (kind) => done.content.filter(({ type }) => type === kind);
    const used = done.usage;
    const cached = used.cache_read_input_tokens ?? 0;
    const tokens = [
      used.input_tokens + cached + (used.cache_creation_input_tokens ?? 0), cached, used.output_tokens,
    ];
    return {
      text: of("text").map(({ text }) => text).join(""),
      calls: of("tool_use").map(({ name, input }) => [name, input]),
      tokens,
      state: { messages, offered, content: done.content },
    };
  }
}

class Gemini {
  constructor(url, key) {
    this.client = new GoogleGenAI({ apiKey: key, vertexai: false, httpOptions: { baseUrl: url } });
  }

  ask(model, text, { stream, tools, picture } = NONE) {
    const parts = [{ text }];
    if (picture) {
      parts.push({ inlineData: { mimeType: "image/png", data: PNG } });
    }
    const offered = (tools ?? []).map((name) => ({ name, parametersJsonSchema: WEATHER }));
    return this.send(model, [{ role: "user", parts }], offered, stream);
  }

  give(model, { contents, offered, parts }, results, stream) {
    const given = parts
      .filter(({ functionCall }) => functionCall)
      .map(({ functionCall: { id, name } }, at) => ({
        functionResponse: { id, name, response: { output: results[at] } },
      }));
    const more = [{ role: "model", parts }, { role: "user", parts: given }];
    return this.send(model, [...contents, ...more], offered, stream);
  }

  async send(model, contents, offered, stream) {
    const config = {
      systemInstruction: SYSTEM,
      ...(offered.length ? { tools: [{ functionDeclarations: offered }] } : {}),
    };
    const given = [];
    if (stream) {
      for await (const one of await this.client.models.generateContentStream({ model, contents, config })) {
        given.push(one);
      }
    } else {
      given.push(await this.client.models.generateContent({ model, contents, config }));
    }
    const parts = given.flatMap((one) => one.candidates?.[0]?.content?.parts ?? []);
    const used = given.at(-1).usageMetadata;
    const tokens = [
      used.promptTokenCount,
      used.cachedContentTokenCount ?? 0,
      (used.candidatesTokenCount ?? 0) + (used.thoughtsTokenCount ?? 0),
    ];
    return {
      text: parts.filter(({ text, thought }) => text && !thought).map(({ text }) => text).join(""),
      calls: parts.filter(({ functionCall }) => functionCall).map(({ functionCall: { name, args } }) => [name, args]),
      tokens,
      state: { contents, offered, parts },
    };
  }
}

export const CALLERS = { Chat, Responses, Messages, Gemini };
