// Every main page at two widths: accessible, within the window, within the budgets, valid, and nothing to complain about.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  PHONE, WIDE, address, axe, chooseService, consent, desk, fill, foldOf, formWith, gzipped, openCase, overhang, picture, press, sendReferral,
  startBrowser, takeConsultation, unique,
} from './lib.mjs';

// UX §3.
const KB = 1024;
const BUDGET = { page: 20 * KB, list: 30 * KB, css: 10 * KB, script: 28 * KB, firstView: 60 * KB, requests: 8, nodes: 1500, shift: 0.02, columns: 7, letters: 13 };
const LISTS = /^\/(consultations|cases|resources|referrals|board|inquiries|answer-cards|resources\/imports)(\?|$)/;
const ROLES = [
  'coordinator', 'coordinator2', 'supporter', 'manager', 'city', 'city2', 'privacy', 'prefecture', 'supervisor', 'hospital', 'family', 'council',
  'auditor', 'admin',
];

const browser = await startBrowser();
const folder = await mkdtemp(path.join(tmpdir(), 'tsumugi-pages-'));
after(() => rm(folder, { recursive: true }));
/** Paths of the things that the pages are about, made below. */
const made = {};

/** Remembers the HTML of a page for the check of all HTML at the end. */
async function keep(name, html) {
  await writeFile(path.join(folder, `${name.replace(/[^a-z0-9]+/gi, '_').slice(0, 80)}.html`), html);
}

/** What is wrong with the page as it stands, once with its folds closed and once with them open. */
async function faults(page) {
  const found = [];
  const { width } = page.viewportSize();
  const say = text => found.push(`${width} px: ${text}`);
  const wider = async state => {
    const pixels = await overhang(page);
    if (pixels > 0) say(`the page is ${pixels} px wider than the window ${state}`);
  };
  await wider('');
  const measured = await page.evaluate(() => {
    const letters = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const e = node.parentElement;
      if (!node.data.trim() || e.closest('svg, script, .vh, rt, rp') || !e.checkVisibility()) continue;
      const height = parseFloat(getComputedStyle(e).fontSize);
      // Words without height are for screen readers only.
      if (height > 0) letters.push([height, node.data.trim().slice(0, 20)]);
    }
    letters.sort((a, b) => a[0] - b[0]);
    return {
      nodes: document.querySelectorAll('*').length,
      smallest: letters[0],
      columns: Math.max(0, ...[...document.querySelectorAll('thead tr')].map(row => row.cells.length)),
      low: [...document.querySelectorAll('.btn-p')].filter(b => b.checkVisibility() && b.getBoundingClientRect().height < 44).map(b => b.textContent),
      inline: document.querySelectorAll('[style], style, script:not([src])').length,
      titles: document.querySelectorAll('h1').length,
      spilt: [...document.querySelectorAll('main :is(label, td, th, dd, li, p, h1, h2, summary, .tag, .btn, .notice)')]
        .filter(e => e.checkVisibility() && getComputedStyle(e).display !== 'inline' && e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).overflowX === 'visible')
        .map(e => `${e.tagName} ${e.textContent.trim().slice(0, 30)}`),
    };
  });
  if (measured.nodes > BUDGET.nodes) say(`${measured.nodes} elements`);
  if (measured.smallest[0] < BUDGET.letters) say(`letters of ${measured.smallest[0]} px: ${measured.smallest[1]}`);
  if (measured.columns > BUDGET.columns) say(`a table of ${measured.columns} columns`);
  if (measured.low.length) say(`lower than 44 px: ${measured.low.join(', ')}`);
  if (measured.inline) say(`${measured.inline} inline styles or scripts`);
  if (measured.spilt.length) say(`words beyond their box ×${measured.spilt.length}: ${measured.spilt[0]}`);
  if (measured.titles !== 1) say(`${measured.titles} h1`);
  await page.evaluate(() => document.querySelectorAll('main details').forEach(fold => { fold.open = true; }));
  await wider('with its folds open');
  for (const line of await axe(page)) say(`axe ${line}`);
  await page.evaluate(() => document.querySelectorAll('main details').forEach(fold => { fold.open = false; }));
  return found;
}

/** How far things have moved since the page was opened, as the browser counts it. */
function shifted(page) {
  return page.evaluate(() => new Promise(resolve => {
    let sum = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => { sum += entry.value; })).observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => resolve(sum), 50);
  }));
}

/** Opens a page with an empty cache in one width, and gives what is wrong with it. */
async function visit(as, target, size, status, shot) {
  const page = await desk(browser, as, { size });
  const requests = [];
  page.on('request', request => requests.push(request));
  const answer = await page.goto(target);
  // Read now: the page may be loaded once more below, and then this body is gone.
  const html = await answer.text();
  await page.waitForTimeout(200);
  const found = [];
  if (answer.status() !== status) found.push(`status ${answer.status()}`);
  if (requests.length > BUDGET.requests) found.push(`${size.width} px: ${requests.length} requests`);
  let bytes = 0;
  for (const request of requests) {
    if (new URL(request.url()).pathname !== '/live') bytes += (await request.sizes()).responseBodySize;
  }
  if (bytes > BUDGET.firstView) found.push(`${size.width} px: ${bytes} bytes at first view`);
  const shift = await shifted(page);
  if (shift > BUDGET.shift) found.push(`${size.width} px: layout shift ${shift.toFixed(3)}`);
  if (size === WIDE) {
    const { bytes: sent, encoding } = await gzipped(page, target);
    const limit = LISTS.test(target) ? BUDGET.list : BUDGET.page;
    if (encoding !== 'gzip') found.push('the page is not compressed');
    if (sent > limit) found.push(`${sent} bytes of HTML, ${limit} allowed`);
    await keep(`${as ?? 'nobody'}${target}`, html);
  }
  found.push(...await faults(page));
  if (shot) await picture(page, shot);
  const expected = status >= 400 ? new RegExp(`status of ${status}`) : /(?!)/;
  found.push(...page.trouble.filter(text => !expected.test(text)).map(text => `${size.width} px: ${text}`));
  await page.context().close();
  return found;
}

/** One test of one page in both widths. `where` is a path, or the name of a thing made below with what follows its path. */
function page(as, where, { status = 200, shot } = {}) {
  test(`${as ?? 'nobody'} ${where}`, async () => {
    const target = where.replace(/^(\w+):/, (_, name) => made[name] ?? assert.fail(`there is no ${name}`));
    const found = (await Promise.all([WIDE, PHONE].map(size => visit(as, target, size, status, shot)))).flat();
    assert.deepEqual(found, []);
  });
}

/** A page that only a form leads to: what is wrong with it in both widths. */
async function inspect(desktop, name, shot) {
  const found = [];
  await keep(name, await desktop.content());
  for (const size of [WIDE, PHONE]) {
    await desktop.setViewportSize(size);
    found.push(...await faults(desktop));
  }
  for (const size of shot ? [WIDE, PHONE] : []) {
    await desktop.setViewportSize(size);
    await picture(desktop, shot);
  }
  await desktop.setViewportSize(WIDE);
  return found;
}

before(async () => {
  const parent = await desk(browser, 'family');
  await parent.goto('/');
  made.child = await parent.locator('a[href^="/children/"]').first().getAttribute('href');
  await parent.context().close();
  const one = await desk(browser, 'coordinator');
  made.consultation = await takeConsultation(one, {
    concern: '来月の半ばに退院の予定。母は夜の吸引がひとりでできるか不安', topic: ['discharge', 'home_life'], asker_kind: 'hospital', asker_place: 'みうら半島こども病院',
    child_name: `見本 ${unique(3)}`, child_kana: 'みほん', child_birth: '20260901', municipality: '142018', residence: 'nicu', urgency: 'three_days',
  });
  made.case = await openCase(one);
  await one.goto(`${made.case}/timeline`);
  await fill(formWith(one, '記録する'), { kind: 'visit', title: '家庭訪問', body: '吸引の手順を母と確かめた。\n夜間は1時間おき。', minutes: '60' });
  await press(one, '記録する');
  for (const [name, need, mode] of [['referral', '病院 横須賀市', 'logged'], ['link', '保育所等訪問支援', 'link']]) {
    await one.goto(`/resources?for=${made.case.split('/').pop()}`);
    await chooseService(one, need);
    if (await one.getByText('この機関への同意がありません').isVisible()) await consent(one);
    await sendReferral(one, mode, '退院後の支援をお願いしたい');
    made[name] = new URL(one.url()).pathname;
  }
  made.answer = (await one.locator('#link').innerText()).trim();
  made.code = (await one.locator('#code').innerText()).trim();
  made.linkFaults = await inspect(one, 'link made', 'link');
  await press(one, one.getByRole('link', { name: '依頼の画面へ' }));
  made.link = new URL(one.url()).pathname;
  await one.goto(`/resources?need=${encodeURIComponent('病院 鎌倉市')}`);
  made.resource = await one.locator('tbody th a').first().getAttribute('href');
  for (const i of [0, 1, 2]) await one.locator('tbody [name=service]').nth(i).check();
  await press(one, '選んだ事業所に、名前を出さずに空きを尋ねる');
  await fill(formWith(one, '照会を送る'), { age_band: 'any', municipality: '142042', wish: '月に1回' });
  await press(one, '照会を送る');
  made.inquiry = new URL(one.url()).pathname;
  // A child of the demo whose nights are watched, for the pages of what a child lives with.
  await one.goto('/cases?mine=1');
  for (const href of await one.locator('tbody th a').evaluateAll(links => links.map(a => a.getAttribute('href')))) {
    await one.goto(`${href}/monitoring`);
    if (await one.locator('svg.spark').count()) { made.watched = href; break; }
  }
  assert.ok(made.watched, 'the demo watches a child of the first coordinator');
  await one.goto('/answer-cards/new');
  await fill(formWith(one, 'カードを保存する'), { question: `遠足の準備（${unique()}）`, answer: '吸引器の予備の電池を持ちます。', topic: ['nursery'] });
  await press(one, 'カードを保存する');
  made.card = new URL(one.url()).pathname;
  await one.goto('/resources/imports');
  made.import = await one.locator('tbody th a').first().getAttribute('href');
  assert.deepEqual(one.trouble, []);
  await one.context().close();
});

// Two pages at a time: while one is being looked at, the other is being fetched.
describe('every page', { concurrency: 2 }, () => {
  for (const as of ROLES) page(as, '/', as === 'coordinator' ? { shot: 'home' } : {});
  for (const target of [
    '/consultations', '/consultations?view=all', 'consultation:', '/cases', '/cases/new', 'case:/timeline', 'case:/team', 'case:/referrals', 'case:/consents',
    'case:/consents/new', 'case:/documents', 'case:/care', 'case:/care/edit?part=device', 'case:/care/edit?part=normal', 'case:/care/edit?part=day', 'case:/care/history?part=device', 'case:/emergency', 'case:/emergency/versions', 'case:/monitoring', 'case:/monitoring/settings', 'case:/appointments', 'case:/scores', 'case:/scores/care', 'case:/scores/severe', 'case:/protected', 'case:/retention', 'case:/oppositions', 'case:/relocation', 'case:/viewing/corrections', 'case:/edit', 'case:/referrals/new', '/resources?need=%E9%80%97%E5%AD%90%E5%B8%82', 'resource:', '/resources/imports', 'import:', '/referrals',
    'referral:', 'referral:/fax', 'link:', '/inquiries', 'inquiry:', '/answer-cards', '/answer-cards/new', 'card:', '/search?q=%E3%81%BF', '/menu', '/licenses',
    '/duty', '/resources/new', '/referrals?state=all', '/inquiries/new', '/account', '/break-glass', 'case:/viewing', 'case:/viewing/log',
  ]) page('coordinator', target);
  page('coordinator', '/consultations/new', { shot: 'intake' });
  page('coordinator', 'case:', { shot: 'case' });
  page('coordinator', 'watched:/care', { shot: 'care' });
  page('coordinator', 'watched:/emergency', { shot: 'emergency' });
  page('coordinator', 'watched:/monitoring', { shot: 'monitoring' });
  for (const target of ['watched:/scores', 'watched:/care/edit?part=device', 'watched:/care/history?part=device', 'watched:/monitoring/settings']) page('coordinator', target);
  page('coordinator', '/resources', { shot: 'directory' });
  page('coordinator', '/board', { shot: 'board' });
  for (const target of ['/cases', '/referrals', '/inquiries', '/resources', '/break-glass']) page('supporter', target);
  for (const target of ['/cases', '/resources', '/referrals']) page('city', target);
  for (const target of ['/people', '/people?q=%E3%81%AA%E3%81%84', '/people/new', '/prove', '/account']) page('admin', target);
  for (const as of ['privacy', 'auditor']) page(as, '/alerts');
  page('privacy', '/retention');
  page('privacy', '/consent-texts');
  page('coordinator', '/cover');
  page('supporter', '/cover');
  page('prefecture', '/terms');
  page('supporter', '/terms');
  page(null, '/sign-in');
  page(null, 'answer:', { shot: 'answer' });
  page(null, '/there/is/nothing', { status: 404 });
  page('coordinator', '/cases/00000000-0000-0000-0000-000000000000', { status: 404 });
  page('family', 'child:');
  page('family', 'child:/log');
  page('family', 'child:/oppose');
  page('family', 'child:/daily');
  page('family', 'child:/trouble');
  page('family', '/cases', { status: 403 });
});

test('the page that shows a one-time link once', () => assert.deepEqual(made.linkFaults, []));

test('forms with errors, a conflict, and what a one-time link opens', async () => {
  const one = await desk(browser, 'coordinator');
  const found = [];
  const state = async (name, status, button) => {
    assert.equal(await press(one, button), status, name);
    found.push(...(await inspect(one, name)).map(fault => `${name}: ${fault}`));
  };
  await one.goto('/consultations/new');
  await fill(formWith(one, '相談を記録する'), { child_birth: '2026-02-30', child_kana: 'カナ漢字', asker_phone: 'なし' });
  await state('intake with errors', 422, '相談を記録する');
  await one.goto('/cases/new');
  await state('case with errors', 422, 'ケースを開く');
  await one.goto(`${made.case}/consents/new`);
  await state('consent with errors', 422, '同意を記録する');
  await one.goto(made.consultation);
  await fill(formWith(one, '判定を記録する'), { outcome: 'waiting_info' });
  await state('screening with errors', 422, '判定を記録する');
  await one.goto(made.referral);
  await foldOf(one, '相手に代わって記録する');
  await state('answer with errors', 422, '回答を記録する');
  await one.goto(`${made.case}/edit`);
  await one.locator('[name=version]').evaluate(e => { e.value = '0'; });
  await fill(formWith(one, '直した内容を保存する'), { languages: '英語' });
  await state('two versions of a case', 409, '直した内容を保存する');
  const stranger = await desk(browser, null);
  await stranger.goto(made.answer);
  await fill(formWith(stranger, '依頼を開く'), { code: '12' });
  assert.equal(await press(stranger, '依頼を開く'), 422);
  found.push(...(await inspect(stranger, 'wrong code')).map(fault => `wrong code: ${fault}`));
  await fill(formWith(stranger, '依頼を開く'), { code: made.code });
  assert.equal(await press(stranger, '依頼を開く'), 200);
  found.push(...(await inspect(stranger, 'request by link', 'request')).map(fault => `request by link: ${fault}`));
  await stranger.context().close();
  await one.context().close();
  assert.deepEqual(found, []);
});

test('style sheets and scripts are within their budgets and kept by the browser for long', async () => {
  const one = await desk(browser, 'coordinator');
  await one.goto('/');
  const files = await one.evaluate(() => [...document.querySelectorAll('link[rel=stylesheet], script[src]')].map(e => e.href || e.src));
  const sum = { css: 0, js: 0 };
  for (const file of files) {
    const { bytes, encoding } = await gzipped(one, file);
    assert.equal(encoding, 'gzip', file);
    sum[file.split('.').pop()] += bytes;
    const answer = await one.context().request.get(file);
    assert.match(answer.headers()['cache-control'], /immutable/, file);
    if (file.endsWith('.css')) await writeFile(path.join(folder, path.basename(file)), await answer.text());
  }
  assert.ok(sum.css > 0 && sum.css <= BUDGET.css, `${sum.css} bytes of CSS`);
  assert.ok(sum.js > 0 && sum.js <= BUDGET.script, `${sum.js} bytes of scripts`);
  await one.context().close();
});

test('abuse 31: a printed page says who printed it, and protected facts stay off paper', async () => {
  const one = await desk(browser, 'coordinator');
  await one.goto(made.case);
  const line = one.locator('.printed');
  assert.ok(await line.isHidden(), 'not on the screen');
  await one.emulateMedia({ media: 'print' });
  assert.match(await line.innerText(), /^取扱注意.*相模野 瑞希（.*\d{4}-\d{2}-\d{2}/s);
  assert.equal(await one.evaluate(() => getComputedStyle(document.querySelector('.printed')).position), 'fixed', 'on every sheet');
  await one.evaluate(() => { document.querySelector('main').insertAdjacentHTML('beforeend', '<div class="unprinted">住所</div>'); });
  assert.ok(await one.locator('.unprinted').isHidden());
  await one.context().close();
});

test('the pages name an icon, so that no browser asks for one that is not there', async () => {
  const one = await desk(browser, 'coordinator');
  await one.goto('/');
  const icon = await one.evaluate(() => document.querySelector('link[rel~=icon]')?.href ?? '/favicon.ico');
  assert.equal((await one.context().request.get(new URL(icon, address).href)).status(), 200, icon);
  await one.context().close();
});

test('all the HTML and CSS is valid', async () => {
  const vnu = createRequire(import.meta.url).resolve('vnu-jar/build/dist/vnu.jar');
  const { stdout } = await promisify(execFile)(
    'java', ['-Xss2m', '-jar', vnu, '--stdout', '--format', 'json', '--exit-zero-always', '--skip-non-html', '--also-check-css', folder],
    { maxBuffer: 64 * KB * KB },
  );
  // htmx's attributes are not HTML's, and the checker is older than some of CSS.
  const known = /^Attribute “hx-[a-z-]+” not allowed|Property “field-sizing” doesn't exist/;
  const { messages } = JSON.parse(stdout);
  const errors = messages.filter(m => m.type !== 'info' && !known.test(m.message)).map(m => `${path.basename(m.url ?? '')}:${m.lastLine} ${m.message} ${m.extract ?? ''}`);
  assert.deepEqual([...new Set(errors)], []);
});
