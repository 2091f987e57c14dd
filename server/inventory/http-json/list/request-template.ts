import type { HttpJsonRequest } from '../../../../schemas/types/server-configuration.ts';
import type { HttpRequest } from '../../http-client/transport.ts';

/** Values of placeholders. Numbers stay numbers where a JSON body has nothing but the placeholder in a text. */
export type Placeholders = Readonly<
  Partial<
    Record<'offset' | 'limit' | 'page', number> &
      Record<'cursor' | 'id' | 'key' | 'keys' | 'name', string> &
      Record<'since', string | number>
  >
>;

const placeholder = /\{(offset|limit|page|cursor|id|keys?|name|since)\}/g;

/** The request that a template and values make. A parameter that is nothing but a placeholder without value is left out. */
export function fillRequest(base: URL, template: HttpJsonRequest, values: Placeholders): HttpRequest {
  const url = new URL(base);
  if (template.path !== undefined) {
    const path = fillText(template.path, values, encodeURIComponent);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  }
  for (const [name, text] of Object.entries(template.query ?? {})) {
    const value = fillParameter(text, values);
    if (value !== undefined) url.searchParams.append(name, value);
  }
  const method = template.method ?? 'GET';
  if (template.form !== undefined) {
    const form = new URLSearchParams();
    for (const [name, field] of Object.entries(template.form)) {
      const value =
        typeof field === 'string' ? fillParameter(field, values) : JSON.stringify(fill(field, values));
      if (value !== undefined) form.append(name, value);
    }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method, url, headers, body: form.toString() };
  }
  if (template.json !== undefined) {
    const headers = { 'content-type': 'application/json' };
    return { method, url, headers, body: JSON.stringify(fill(template.json, values)) };
  }
  return { method, url, headers: {}, body: undefined };
}

function fillParameter(template: string, values: Placeholders): string | undefined {
  const whole = onlyPlaceholder(template);
  return whole === undefined ? fillText(template, values, String) : values[whole]?.toString();
}

function onlyPlaceholder(template: string): keyof Placeholders | undefined {
  const match = /^\{(offset|limit|page|cursor|id|keys?|name|since)\}$/.exec(template);
  return match?.[1] as keyof Placeholders | undefined;
}

/** Fills texts within a JSON value, so that no value can change its structure. */
function fill(template: unknown, values: Placeholders): unknown {
  if (typeof template === 'string') {
    const whole = onlyPlaceholder(template);
    return whole === undefined ? fillText(template, values, String) : values[whole];
  }
  if (Array.isArray(template)) return template.map((item) => fill(item, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, value]) => [name, fill(value, values)]));
}

function fillText(template: string, values: Placeholders, encode: (value: string) => string): string {
  return template.replace(placeholder, (_, name: keyof Placeholders) => encode(String(values[name] ?? '')));
}
