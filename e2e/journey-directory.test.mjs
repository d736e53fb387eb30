// Journey (iii): the two real public files, a service found by words, three asked for capacity without a name.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { desk, fill, foldOf, formWith, leave, onBoard, press, startBrowser, words } from './lib.mjs';

const browser = await startBrowser();
const folder = new URL('../crates/tsumugi/data/directory/', import.meta.url);
const WELFARE = { file: 'wam-sfk-202503-yokosuka-miura.csv', rows: 104, repeated: 0 };
const MEDICAL = { file: 'yokosuka-miura-medical-institutions.csv', rows: 563, repeated: 15 };

/** Uploads a file and reads the summary of the preview. */
async function upload(page, name, buffer) {
  await page.goto('/resources/imports');
  await page.locator('#f-file').setInputFiles({ name, mimeType: 'text/csv', buffer });
  assert.equal(await press(page, '読み込んで確かめる'), 200);
  const text = await words(page);
  const count = label => Number(new RegExp(`${label} ?(\\d+) ?件`).exec(text)?.[1] ?? NaN);
  return {
    fresh: count('新しい'), changed: count('変わった'), same: count('同じ'), gone: count('なくなった'), errors: count('読めない行'),
    repeated: Number(/まったく同じ行の繰返し (\d+)件/.exec(text)?.[1]), text,
  };
}

for (const source of [WELFARE, MEDICAL]) {
  test(`${source.file} with its ${source.rows} rows, taken in a second time, is all the same`, async () => {
    const page = await desk(browser, 'coordinator');
    const bytes = await readFile(new URL(source.file, folder));
    // The demo has taken in both files once; whatever is new to it now is taken in here.
    const first = await upload(page, source.file, bytes);
    assert.equal(first.fresh + first.changed + first.same + first.repeated, source.rows);
    assert.deepEqual([first.errors, first.repeated, first.gone], [0, source.repeated, 0]);
    await press(page, 'この内容で取り込む');
    assert.match(await words(page), /取込み済み/);
    assert.equal(await page.getByRole('button', { name: 'この内容で取り込む' }).count(), 0, 'a run is applied once');
    const second = await upload(page, source.file, bytes);
    assert.deepEqual(
      [second.fresh, second.changed, second.same, second.gone, second.errors, second.repeated],
      [0, 0, source.rows - source.repeated, 0, 0, source.repeated],
    );
    await leave(page);
  });
}

test('the preview says by line and column what cannot be read, what changed and what is gone, and changes nothing', async () => {
  const page = await desk(browser, 'coordinator');
  const lines = (await readFile(new URL(MEDICAL.file, folder), 'utf8')).trimEnd().split('\n');
  // None of the rows that are altered here is one that the file has twice.
  const code = line => line.split(',')[0];
  const once = lines.map((line, i) => i).filter(i => i > 5 && lines.filter(other => code(other) === code(lines[i])).length === 1);
  const [named, short, left] = once;
  const altered = [...lines];
  altered[named] = lines[named].replace(/^(\d+,\d+,[^,]+)/, '$1（改）');
  altered.splice(left, 1);
  const readable = await upload(page, 'altered.csv', Buffer.from(altered.join('\n')));
  assert.deepEqual([readable.fresh, readable.changed, readable.gone, readable.errors], [0, 1, 1, 0]);
  assert.match(readable.text, new RegExp(`${named + 1}行目 [^行]*（改）`));
  altered[short] = lines[short].split(',').slice(0, 2).join(',');
  const broken = await upload(page, 'broken.csv', Buffer.from(altered.join('\n')));
  assert.deepEqual([broken.fresh, broken.changed, broken.errors], [0, 1, 1]);
  assert.match(broken.text, new RegExp(`${short + 1}行目 見出しは5列ですが、この行は2列です`));
  assert.equal(broken.gone, 0, 'with a row that cannot be read nothing is called gone');
  await press(page, page.getByRole('link', { name: '取り込まない' }));
  const again = await upload(page, MEDICAL.file, await readFile(new URL(MEDICAL.file, folder)));
  assert.deepEqual([again.fresh, again.changed, again.gone], [0, 0, 0]);
  await leave(page);
});

test('a file that is no directory is refused with a sentence', async () => {
  const page = await desk(browser, 'coordinator');
  await page.goto('/resources/imports');
  await page.locator('#f-file').setInputFiles({ name: '家計簿.csv', mimeType: 'text/csv', buffer: Buffer.from('日付,金額\n2026-01-01,100\n') });
  assert.equal(await press(page, '読み込んで確かめる'), 422);
  assert.match(await words(page), /入力を確かめてください/);
  await leave(page, /422/);
});

test('a need in words finds services; three are asked without a name, and the answer by telephone is kept', async () => {
  const page = await desk(browser, 'coordinator');
  await page.goto('/resources');
  const search = formWith(page, '探す').filter({ has: page.locator('[name=need]') });
  await fill(search, { need: '病院 横須賀市' });
  await press(page, search.getByRole('button', { name: '探す' }));
  const text = await words(page);
  const found = Number(/見つかった事業所 (\d+)件/.exec(text)[1]);
  assert.ok(found >= 3 && found < 100, `${found} found`);
  const rows = page.locator('tbody tr', { has: page.locator('[name=service]') });
  assert.equal(await rows.count(), found);
  for (const kind of await page.locator('td[data-l="種別・市町"]').allInnerTexts()) assert.match(kind, /^病院/);
  const names = [];
  for (const i of [0, 1, 2]) {
    names.push((await rows.nth(i).locator('th a').innerText()).trim());
    await rows.nth(i).locator('[name=service]').check();
  }
  await press(page, '選んだ事業所に、名前を出さずに空きを尋ねる');
  const form = formWith(page, '照会を送る');
  for (const name of names) await page.locator('main').getByText(name, { exact: true }).first().waitFor();
  await fill(form, { care: ['ventilator'], age_band: 'infant', municipality: '142018', wish: '月に1回、2泊' });
  await press(page, '照会を送る');
  const inquiry = new URL(page.url()).pathname;
  assert.match(inquiry, /^\/inquiries\//);
  assert.equal(await page.getByText('回答待ち', { exact: true }).count(), 3);
  assert.equal(await onBoard(page, '?who=others', inquiry), 1, 'the inquiry waits in the open');

  await page.goto(inquiry);
  await foldOf(page, '電話の回答を記録する');
  await fill(formWith(page, '回答を記録する').first(), { answer: 'open', note: '平日なら空きあり' });
  await press(page, formWith(page, '回答を記録する').first().getByRole('button', { name: '回答を記録する', exact: true }));
  assert.equal(await page.getByText('回答待ち', { exact: true }).count(), 2);
  assert.match(await words(page), /空きあり 平日なら空きあり/);
  // The directory says so too, with the day and the person.
  await page.goto(`/resources?need=${encodeURIComponent('病院 横須賀市 空きあり')}`);
  assert.match(await words(page), /空きあり .+ 確認（相模野 瑞希）/);
  await page.goto('/inquiries');
  assert.match(await page.locator('tr', { has: page.locator(`a[href="${inquiry}"]`) }).innerText(), /1／3/);
  await leave(page);
});

test('a search that finds nothing is kept as evidence without a name', async () => {
  const page = await desk(browser, 'coordinator');
  const search = `/resources?need=${encodeURIComponent('療養介護 透析 三浦市 空きあり')}`;
  await page.goto(search);
  assert.match(await words(page), /条件に合う事業所は見つかりませんでした/);
  await page.goto('/resources');
  const evidence = page.locator('li', { hasText: '療養介護・三浦市' });
  const before = await evidence.innerText();
  await page.goto(search);
  await page.reload();
  await page.goto('/resources');
  assert.equal(await evidence.innerText(), before, 'looking again on the same day is no new need');
  await leave(page);
});
