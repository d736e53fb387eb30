// Papers about a case: a file goes in by the form and comes out as it was; what is refused says why and loses nothing typed.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { PHONE, desk, fill, formWith, leave, openCase, press, startBrowser, unique, words } from './lib.mjs';

const browser = await startBrowser();
after(() => browser.close());

const PDF = Buffer.from('%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\nstartxref\n9\n%%EOF\n');
const file = (name, buffer) => ({ name, buffer, mimeType: 'application/octet-stream' });

for (const script of [true, false]) {
  test(`a paper is kept and comes out as it was, ${script ? 'with' : 'without'} script`, async () => {
    const page = await desk(browser, 'coordinator', { script });
    const place = await openCase(page);
    await page.goto(`${place}/documents`);
    const title = `医師指示書${unique(3)}`;
    const form = formWith(page, '書類を加える');
    await fill(form, { title, kind: 'instruction' });
    await form.locator('[name=category][value=care]').check({ force: true });
    await form.locator('[name=file]').setInputFiles(file('指示書.svg', Buffer.from('<svg/>')));
    assert.equal(await press(page, '書類を加える'), 422);
    assert.match(await words(page), /この種類のファイルは預かれません/);
    assert.equal(await form.locator('[name=title]').inputValue(), title);
    assert.ok(await form.locator('[name=category][value=care]').isChecked());
    await form.locator('[name=file]').setInputFiles(file('指示書.pdf', PDF));
    assert.equal(await press(page, '書類を加える'), 200);
    assert.match(await words(page), new RegExp(title));
    const coming = page.waitForEvent('download');
    await page.getByRole('link', { name: title }).click();
    const came = await coming;
    assert.equal(came.suggestedFilename(), '指示書.pdf');
    assert.deepEqual(await readFile(await came.path()), PDF);
    await leave(page, /422/);
  });
}

test('a photograph is sent from a telephone, and is taken away with a reason', async () => {
  const page = await desk(browser, 'coordinator', { size: PHONE });
  const place = await openCase(page);
  await page.goto(`${place}/documents`);
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), Buffer.from('35.28N139.67E')]);
  const photo = Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, exif.length + 2]), exif,
    Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 9, 0, 9, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0x34, 0xff, 0xd9]),
  ]);
  const form = formWith(page, '書類を加える');
  await fill(form, { title: '部屋の写真', kind: 'photo' });
  await form.locator('[name=category][value=family]').check({ force: true });
  await form.locator('[name=file]').setInputFiles(file('IMG_0001.JPG', photo));
  assert.equal(await press(page, '書類を加える'), 200);
  assert.match(await words(page), /撮影場所などを取り除き済み/);
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: '部屋の写真' }).click();
  assert.ok(!(await readFile(await (await coming).path())).includes('139.67E'));
  await page.getByText('取り下げる', { exact: true }).first().click();
  await page.locator('form[action$="/remove"] [name=reason]').fill('写りこみがあった');
  assert.equal(await press(page, '取り下げる'), 200);
  assert.match(await words(page), /取り下げた書類[\s\S]*写りこみがあった/);
  await leave(page);
});
