// A person with a browser, as far as HTTP goes: keeps cookies, fills in forms by their names, presses buttons.

export class Person {
  #cookies = new Map();

  constructor(username, password) {
    this.username = username;
    this.password = password;
  }

  // Opens an authorization address and does what the pages ask, until the browser is sent to `redirectUri`.
  async authorize(address, redirectUri) {
    let response = await this.#open(address);
    for (let step = 0; step < 20; step += 1) {
      const to = response.headers.get('location');
      if (response.status >= 300 && response.status < 400 && to) {
        const next = new URL(to, response.url || address);
        if (next.href.startsWith(redirectUri)) return { url: next };
        response = await this.#open(next.href);
        continue;
      }
      const page = await response.text();
      const posted = formPost(page, redirectUri);
      if (posted) return { form: posted };
      response = await this.#answer(page, response.url);
    }
    throw new Error('twenty pages and no end');
  }

  async #answer(page, address) {
    const name = page.match(/data-page="([^"]+)"/)?.[1];
    switch (name) {
      case 'sign-in':
        return this.#submit(page, address, { username: this.username, password: this.password });
      case 'consent':
        return this.#submit(page, address, { decision: 'allow' });
      default:
        throw new Error(`no way on from the page ${name} at ${address}: ${page.slice(0, 2000)}`);
    }
  }

  async #submit(page, address, values) {
    const wanted = Object.keys(values);
    const form = forms(page).find((one) => wanted.every((name) => one.names.has(name)));
    if (!form) throw new Error(`no form with ${wanted} at ${address}`);
    const body = new URLSearchParams(form.fields.filter(([name]) => !wanted.includes(name)));
    for (const [name, value] of Object.entries(values)) body.set(name, value);
    return this.#open(new URL(form.action || address, address).href, { method: 'POST', body });
  }

  async #open(address, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', ...(cookie && { cookie }) };
    if (options.method === 'POST') headers.origin = new URL(address).origin;
    const response = await fetch(address, { ...options, headers, redirect: 'manual' });
    for (const set of response.headers.getSetCookie()) {
      const [pair, ...attributes] = set.split(';');
      const [name, ...value] = pair.trim().split('=');
      const gone = attributes.some((one) => /^\s*max-age=0\s*$/i.test(one));
      if (gone) this.#cookies.delete(name);
      else this.#cookies.set(name, value.join('='));
    }
    return response;
  }
}

function formPost(page, redirectUri) {
  const form = forms(page).find((one) => one.action.startsWith(redirectUri));
  return form && new URLSearchParams(form.fields);
}

function forms(page) {
  return [...page.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)].map(([, attributes, inside]) => {
    const named = [...inside.matchAll(/<(?:input|button)\b[^>]*>/g)].map(([text]) => text)
      .filter((text) => attribute(text, 'name'));
    // As a browser: hidden and filled-in fields, ticked boxes; no button but the one pressed.
    const sent = named.filter((text) => {
      const type = attribute(text, 'type');
      if (type === 'checkbox' || type === 'radio') return /\bchecked\b/.test(text);
      return text.startsWith('<input') && type !== 'submit' && type !== 'button';
    });
    const fields = sent.map((text) => [attribute(text, 'name'), attribute(text, 'value') ?? '']);
    return {
      action: attribute(attributes, 'action') ?? '',
      names: new Set(named.map((text) => attribute(text, 'name'))),
      fields,
    };
  });
}

function attribute(text, name) {
  const found = text.match(new RegExp(`\\b${name}="([^"]*)"`));
  return found && found[1].replace(/&quot;|&#34;/g, '"').replace(/&#39;|&#x27;/g, "'")
    .replace(/&lt;|&#60;/g, '<').replace(/&gt;|&#62;/g, '>').replace(/&amp;|&#38;/g, '&');
}

// What every program here is told by its environment.
export const issuer = process.env.ISSUER;
export const redirectUri = 'https://rp.example/cb';

export function citizen() {
  return new Person(process.env.PERSON, process.env.PASSWORD);
}

export function secretOf(client) {
  return `${client}-secret-0123456789-0123456789-0123456789`;
}
