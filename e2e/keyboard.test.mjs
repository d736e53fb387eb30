// Without a mouse: the search is one key away, Tab reaches the main action, and one always sees where one is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, WIDE, desk, leave, openCase, startBrowser, takeConsultation, unique } from './lib.mjs';

const browser = await startBrowser();

/** What has the focus, how it is marked, and whether something lies on top of it. */
function focus(page) {
  return page.evaluate(() => {
    const e = document.activeElement;
    if (!e || e === document.body) return { nowhere: true };
    // A radio button or a tick box may be drawn by its label.
    const drawn = e.getBoundingClientRect().width > 1 ? e : e.closest('label');
    const box = drawn.getBoundingClientRect();
    const marked = [e, e.closest('label'), e.parentElement].filter(Boolean).some(x => {
      const style = getComputedStyle(x);
      return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
    });
    // Of a table longer than the window the part inside the window counts.
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
    const spots = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]].map(([x, y]) => document.elementFromPoint(box.x + box.width * x, top + (bottom - top) * y));
    const seen = spots.some(spot => spot && (drawn.contains(spot) || spot.contains(drawn) || spot.closest('label')?.contains(e)));
    return { name: `${e.tagName} ${e.getAttribute('name') ?? ''} ${(e.textContent || e.value || '').trim().slice(0, 20)}`, words: e.textContent.trim(), href: e.getAttribute('href'), marked, seen };
  });
}

/** Presses Tab from the top of the page until the words have the focus; fails where a stop is invisible. */
async function tabTo(page, words, most) {
  const faults = [];
  for (let i = 1; i <= most; i += 1) {
    await page.keyboard.press('Tab');
    const at = await focus(page);
    if (at.nowhere) continue;
    if (!at.marked) faults.push(`no focus mark: ${at.name}`);
    if (!at.seen) faults.push(`covered: ${at.name}`);
    if (at.words === words) {
      assert.deepEqual(faults, []);
      return i;
    }
  }
  return assert.fail(`${words} is not reached by ${most} tabs`);
}

test('/ goes to the search, Escape closes what is open, ? explains, and none of them works while one types', async () => {
  const page = await desk(browser, 'coordinator');
  await page.goto('/');
  const at = () => page.evaluate(() => document.activeElement.id);
  await page.keyboard.press('/');
  assert.equal(await at(), 'q');
  await page.keyboard.type('/?n');
  assert.equal(await page.locator('#q').inputValue(), '/?n');
  assert.match(page.url(), /\/$/);
  await page.locator('#q').blur();
  await page.keyboard.press('?');
  assert.ok(await page.locator('dialog#help').isVisible());
  await page.keyboard.press('Escape');
  assert.ok(!await page.locator('dialog#help').isVisible());
  await page.locator('.viewer summary').focus();
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('.viewer-menu').isVisible());
  await page.keyboard.press('Escape');
  assert.ok(!await page.locator('.viewer-menu').isVisible());
  await page.keyboard.press('n');
  await page.waitForURL('**/consultations/new');
  assert.equal(await at(), 'f-concern', 'one can type at once');
  await leave(page);
});

test('the keys can be switched off', async () => {
  const page = await desk(browser, 'coordinator');
  await page.goto('/');
  await page.keyboard.press('?');
  await page.getByText('この端末でこれらのキーを使う').click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  assert.notEqual(await page.evaluate(() => document.activeElement.id), 'q');
  await page.reload();
  await page.keyboard.press('n');
  await page.waitForTimeout(300);
  assert.match(page.url(), /\/$/);
  await leave(page);
});

test('the first Tab offers to jump over the menus', async () => {
  const page = await desk(browser, 'coordinator');
  await page.goto('/');
  await page.keyboard.press('Tab');
  assert.equal((await focus(page)).words, '本文へ移動');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  assert.ok(await tabTo(page, '相談を受け付ける', 1), 'from there the main action is the next stop');
  await leave(page);
});

for (const size of [WIDE, PHONE]) {
  test(`Tab reaches the main action of each page, every stop is marked and uncovered (${size.width} px)`, async t => {
    const page = await desk(browser, 'coordinator', { size });
    const consultation = await takeConsultation(page, { child_name: `見本 ${unique(3)}` });
    const place = await openCase(page);
    for (const [target, words, most] of [
      ['/', '相談を受け付ける', 25], ['/consultations', '相談を受け付ける', 25], ['/consultations/new', '相談を記録する', 60], [consultation, '判定を記録する', 60],
      ['/cases', 'ケースを開く', 25], [place, '記録する', 25], ['/resources', '探す', 35], ['/resources/imports', '読み込んで確かめる', 60],
      ['/board', 'Excelで出す', 25],
    ]) {
      await page.goto(target);
      await page.evaluate(() => document.activeElement.blur());
      t.diagnostic(`${target.replace(/[0-9a-f-]{36}/, 'ID')}: ${await tabTo(page, words, most)} tabs to ${words}`);
    }
    await leave(page);
  });
}
