// What every browser test shares: the browser, people at their desks, forms, and what must hold on every page.

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { request as ask } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after } from 'node:test';
import { chromium } from 'playwright-core';

export const address = process.env.TSUMUGI_URL ?? 'http://127.0.0.1:8080';
export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];

/** The browser of one test file; it is closed when the file is done. */
export async function startBrowser() {
  const browser = await chromium.launch({
    executablePath: process.env.TSUMUGI_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--lang=ja',
    ],
  });
  after(() => browser.close());
  return browser;
}

/**
 * A page in a browser session of its own, signed in as the demo account `as` (nobody where it is null).
 * What the browser complains about is collected in `page.trouble`.
 */
export async function desk(browser, as, { size = WIDE, script = true } = {}) {
  const context = await browser.newContext({
    baseURL: address, viewport: size, javaScriptEnabled: script, locale: 'ja-JP', timezoneId: 'Asia/Tokyo', reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(15_000);
  if (as) {
    const answer = await context.request.get(`/demo/sign-in?as=${as}`, { maxRedirects: 0 });
    assert.equal(answer.status(), 303, `nobody can sign in as ${as}`);
  }
  return watched(await context.newPage(), script);
}

/** Another tab of the same person in the same session. */
export async function anotherTab(page) {
  return watched(await page.context().newPage(), page.script);
}

function watched(page, script) {
  page.script = script;
  page.trouble = [];
  page.on('console', message => {
    // The icon has a test of its own; the browser asks for it only now and then.
    if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) page.trouble.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', error => page.trouble.push(`${error.message} (${page.url()})`));
  return page;
}

/** Closes the desk and fails where the browser complained, except about what `expected` matches. */
export async function leave(page, expected = /(?!)/) {
  const trouble = page.trouble.filter(text => !expected.test(text));
  await page.context().close();
  assert.deepEqual(trouble, [], 'the browser complained');
}

/** Presses something that leads to another page, and gives that page's status. */
export async function press(page, what) {
  const [response] = await Promise.all([
    page.waitForResponse(r => r.request().isNavigationRequest() && r.frame() === page.mainFrame() && ![303, 307, 308].includes(r.status())),
    page.waitForEvent('domcontentloaded'),
    typeof what === 'string' ? page.getByRole('button', { name: what, exact: true }).click() : what.click(),
  ]);
  return response.status();
}

/** The form that has the button with these words. */
export function formWith(page, button) {
  return page.locator('form').filter({ has: page.getByRole('button', { name: button, exact: true, includeHidden: true }) });
}

/** Opens the fold with these words on it. */
export async function foldOf(within, words) {
  const fold = within.locator('details', { has: within.locator('summary', { hasText: words }) }).first();
  if (!await fold.evaluate(e => e.open)) await fold.locator('summary').first().click();
  return fold;
}

/** The sign-in key of a person, or undefined where the demo has none. */
export async function accountOf(page, name) {
  const answer = await page.context().request.get('/sign-in');
  const links = [...(await answer.text()).matchAll(/as=(\w+)">(.*?)<\/a>/gs)];
  return links.find(([, , text]) => text.includes(name))?.[1];
}

/** Fills the fields of a form by their names; a list of values ticks several boxes. */
export async function fill(form, values) {
  const page = form.page();
  for (const [name, value] of Object.entries(values)) {
    const fields = form.locator(`[name="${name}"]:not([type=hidden])`);
    const kind = await fields.first().evaluate(e => e.type);
    if (kind === 'radio' || kind === 'checkbox') {
      for (const one of [value].flat()) await form.locator(`[name="${name}"][value="${one}"]`).check({ force: true });
    } else if (kind === 'select-one') {
      await fields.first().selectOption(value);
    } else {
      // A field that asks the server while one types moves what is below it when the answer comes.
      const asks = await fields.first().evaluate(e => e.getAttribute('hx-post') ?? e.getAttribute('hx-get'));
      const answered = asks && value && page.script ? page.waitForResponse(r => r.url().includes(asks), { timeout: 5_000 }) : null;
      await fields.first().fill(value);
      await answered;
    }
  }
}

/** Takes a consultation quickly and gives its path. */
export async function takeConsultation(page, values = {}) {
  await page.goto('/consultations/new');
  await fill(formWith(page, '相談を記録する'), { concern: '相談の内容', topic: 'home_life', route: 'mine', ...values });
  assert.equal(await press(page, '相談を記録する'), 200);
  return new URL(page.url()).pathname;
}

/** Opens a case of a made-up child with a guardian and gives its path. */
export async function openCase(page, values = {}) {
  await page.goto('/cases/new');
  const form = formWith(page, 'ケースを開く');
  const name = unique(4);
  await fill(form, {
    name: `見本 ${name}`, kana: `みほん ${name}`, birth: day(-900), sex: 'male', municipality: '142018', residence: 'home', care: ['suction', 'oxygen'],
    lead: { label: '相模野 瑞希（横須賀市）' }, deputy: { label: '逗葉 あおい（逗子市）' },
    guardian_name: '見本 ゆう', guardian_kana: 'みほん ゆう', guardian_relation: 'father', ...values,
  });
  assert.equal(await press(page, 'ケースを開く'), 200);
  return new URL(page.url()).pathname;
}

/** From the referral form that says so: records the guardian's consent for the agency and comes back to the form. */
export async function consent(page) {
  const here = page.url();
  await press(page, page.getByRole('link', { name: '同意を記録する', exact: true }));
  const form = formWith(page, '同意を記録する');
  assert.equal(await form.locator('[name=recipient]:checked').count(), 1, 'the agency is already chosen');
  await fill(form, { given_by: await form.locator('[name=given_by]').first().inputValue() });
  assert.equal(await press(page, '同意を記録する'), 200);
  await page.goto(here);
  await page.getByText('有効な同意があります').waitFor();
}

/** Searches the directory from where one is and goes on to the referral form with the first service found; gives its name. */
export async function chooseService(page, need) {
  const search = formWith(page, '探す').filter({ has: page.locator('[name=need]') });
  await fill(search, { need, kind: '', municipality: '' });
  await press(page, search.getByRole('button', { name: '探す' }));
  const row = page.locator('tbody tr', { has: page.getByRole('link', { name: 'つなぐ', exact: true }) }).first();
  const agency = (await row.locator('th a').innerText()).trim();
  await press(page, row.getByRole('link', { name: 'つなぐ', exact: true }));
  return agency;
}

/** Fills and sends the referral form on the page. */
export async function sendReferral(page, mode, request) {
  await fill(formWith(page, '依頼を送る'), { request, wish: '週2回、来月の退院から', mode });
  assert.equal(await press(page, '依頼を送る'), 200);
}

/** The text of a page's main part, with single blanks. */
export async function words(page) {
  return (await page.locator('main').innerText()).replace(/\s+/g, ' ');
}

/** Japanese words that no other run used, so that a test finds its own rows. */
export function unique(length = 5) {
  const letters = [...'あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわ'];
  return Array.from({ length }, () => letters[Math.floor(Math.random() * letters.length)]).join('');
}

/** A day so many days from now, as 2026-11-22 in Japan. */
export function day(distance = 0) {
  return new Date(Date.now() + (distance * 24 + 9) * 3_600_000).toISOString().slice(0, 10);
}

/** What axe has against a page, one line per rule. */
export async function axe(page) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axeSource);
  return page.evaluate(async tags => {
    const found = await window.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
    return found.violations.map(v => `${v.id} ×${v.nodes.length}: ${v.nodes[0].target.join(' ')} ${v.nodes[0].html.slice(0, 160)}`);
  }, AXE_TAGS);
}

/** How many pixels the page is wider than the window; what may scroll inside the page does not count. */
export function overhang(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** The bytes of a page's body as gzip sends them. */
export async function gzipped(page, target) {
  const cookies = await page.context().cookies();
  const headers = { 'accept-encoding': 'gzip', cookie: cookies.map(c => `${c.name}=${c.value}`).join('; ') };
  return new Promise((resolve, reject) => {
    ask(new URL(target, address), { headers }, answer => {
      let bytes = 0;
      answer.on('data', piece => { bytes += piece.length; });
      answer.on('end', () => resolve({ bytes, encoding: answer.headers['content-encoding'] }));
    }).on('error', reject).end();
  });
}

/** Writes a picture for the manual where TSUMUGI_SHOTS names a folder. */
export async function picture(page, name) {
  const folder = process.env.TSUMUGI_SHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: path.join(folder, `${name}-${page.viewportSize().width}.png`) });
}

/** A person at the keyboard who never touches the mouse: five strokes a second, Japanese one character at a time. */
export function typist(page, pause = 200) {
  let strokes = 0;
  const wait = () => page.waitForTimeout(pause);
  const press = async key => {
    strokes += 1;
    await page.keyboard.press(key);
    await wait();
  };
  const at = () => page.evaluate(() => {
    const e = document.activeElement;
    return { name: e.getAttribute('name') ?? '', value: e.value ?? '', words: e.textContent.trim(), on: e.checked ?? false };
  });
  const reach = async (wanted, found) => {
    for (let i = 0; i < 80; i += 1) {
      if (found(await at())) return;
      await press('Tab');
    }
    assert.fail(`${wanted} is not reached by Tab`);
  };
  return {
    get strokes() { return strokes; },
    press,
    /** Types into the field with this name. */
    async write(name, text) {
      await reach(name, e => e.name === name);
      for (const letter of text) {
        strokes += 1;
        if (letter < '\u0080') await page.keyboard.type(letter, { delay: pause });
        else { await page.keyboard.insertText(letter); await wait(); }
      }
    },
    /** Chooses among radio buttons or in a list with the arrow keys. */
    async choose(name, value) {
      await reach(name, e => e.name === name);
      for (let i = 0; i < 20; i += 1) {
        const e = await at();
        const kind = await page.evaluate(() => document.activeElement.type);
        if (e.value === value && (kind !== 'radio' || e.on)) return;
        await press(e.value === value ? 'Space' : 'ArrowDown');
      }
      assert.fail(`${name} never becomes ${value}`);
    },
    /** Ticks the box of a group that has this value. */
    async tick(name, value) {
      await reach(`${name}=${value}`, e => e.name === name && e.value === value);
      await press('Space');
    },
    /** Goes to a button and presses it. */
    async go(words) {
      await reach(words, e => e.words === words);
      strokes += 1;
      await page.keyboard.press('Enter');
    },
  };
}

/** How many links to `href` the board has on all its pages, in the list that `query` chooses. */
export async function onBoard(page, query, href) {
  await page.goto(`/board${query}`);
  for (let found = 0; ;) {
    found += await page.locator(`main a[href="${href}"]`).count();
    const next = page.locator('main a[rel="next"]');
    if (await next.count() === 0) return found;
    await page.goto(await next.getAttribute('href'));
  }
}
