// Two people at once: nobody's words are lost, and an open page knows what happened.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anotherTab, desk, fill, foldOf, formWith, leave, openCase, press, startBrowser, takeConsultation, unique, words } from './lib.mjs';

const browser = await startBrowser();

test('two people edit one case: the second sees both versions, keeps the typed text and may save on top', async () => {
  const [lead, deputy] = [await desk(browser, 'coordinator'), await desk(browser, 'coordinator2')];
  const place = await openCase(lead);
  await lead.goto(`${place}/edit`);
  await deputy.goto(`${place}/edit`);
  const [hers, mine] = [`ポルトガル語${unique(3)}`, `タガログ語${unique(3)}`];
  await fill(formWith(lead, '直した内容を保存する'), { languages: hers, mobile: '1' });
  await press(lead, '直した内容を保存する');
  const form = formWith(deputy, '直した内容を保存する');
  await fill(form, { languages: mine, residence_note: '祖母の家' });
  assert.equal(await press(deputy, '直した内容を保存する'), 409);
  assert.match(await words(deputy), /ほかの人が先に直しました/);
  const row = deputy.locator('tr', { hasText: '言葉' });
  assert.ok((await row.innerText()).includes(hers) && (await row.innerText()).includes(mine), 'both versions are shown');
  assert.equal(await form.locator('[name=languages]').inputValue(), mine);
  assert.equal(await form.locator('[name=residence_note]').inputValue(), '祖母の家');
  assert.equal(await form.locator('[name=mobile]').isChecked(), true, 'what the second left alone is the first one’s');
  assert.equal(await press(deputy, '直した内容を保存する'), 200);
  const after = await words(deputy);
  assert.ok(after.includes(mine) && after.includes('祖母の家') && !after.includes(hers));
  await leave(lead);
  await leave(deputy, /409/);
});

test('two people screen one consultation: the second is told and keeps what was typed', async () => {
  const [first, second] = [await desk(browser, 'coordinator'), await desk(browser, 'coordinator')];
  const place = await takeConsultation(first, { municipality: '142018' });
  await second.goto(place);
  await first.goto(place);
  await fill(formWith(first, '判定を記録する'), { outcome: 'begin', urgency: 'same_day' });
  await press(first, '判定を記録する');
  const reason = `母の希望${unique()}`;
  await fill(formWith(second, '判定を記録する'), { outcome: 'advised', reason });
  assert.equal(await press(second, '判定を記録する'), 409);
  assert.match(await words(second), /ほかの人が先にこの相談を変えました/);
  assert.equal(await formWith(second, '判定を記録する').locator('[name=reason]').inputValue(), reason);
  assert.equal(await press(second, '判定を記録する'), 200);
  assert.match(await words(second), /助言で終結/);
  await leave(first);
  await leave(second, /409/);
});

test('an open home changes within two seconds when something is handed over, and loses nothing that is being typed', async t => {
  const home = await desk(browser, 'coordinator');
  const sender = await desk(browser, 'coordinator2');
  const place = await takeConsultation(sender, { municipality: '142085', concern: `引継ぎの知らせ${unique()}` });
  await foldOf(sender, 'ほかのコーディネーターに引き継ぐ');
  await fill(formWith(sender, '引継ぎを申し出る'), { to: { label: '相模野 瑞希（横須賀市）' } });
  await home.goto('/');
  await home.waitForTimeout(500);
  await home.locator('#q').fill('みほ');
  const item = home.locator(`#work a[href="${place}"]`);
  assert.equal(await item.count(), 0);
  const begin = performance.now();
  await Promise.all([item.waitFor(), press(sender, '引継ぎを申し出る')]);
  const seconds = (performance.now() - begin) / 1000;
  t.diagnostic(`from the press to the other person's page: ${seconds.toFixed(2)} s`);
  assert.ok(seconds < 2, `${seconds} s`);
  assert.match(await item.innerText(), /相談の引継ぎを受け取る/);
  assert.equal(await home.locator('#q').inputValue(), 'みほ');
  // And it goes away again when the receiver has answered elsewhere.
  const elsewhere = await anotherTab(home);
  await elsewhere.goto(place);
  await press(elsewhere, '引継ぎを受け取る');
  await home.locator(`#work a[href="${place}"]`, { hasText: '相談の引継ぎを受け取る' }).waitFor({ state: 'detached', timeout: 2_000 });
  await leave(home);
  await leave(sender);
});

test('abuse 26: the stream of an open page ends within two seconds of signing out elsewhere, and the page says so', async t => {
  const page = await desk(browser, 'city');
  await page.goto('/');
  const state = page.locator('#live-state');
  await page.waitForTimeout(500);
  assert.equal(await state.innerText(), '最新の状態です');
  const other = await anotherTab(page);
  await other.goto('/');
  await other.locator('.viewer summary').click();
  const begin = performance.now();
  await Promise.all([state.filter({ hasText: '時間が切れました' }).waitFor(), press(other, 'サインアウト（利用者を切り替える）')]);
  const seconds = (performance.now() - begin) / 1000;
  t.diagnostic(`from signing out to the words on the other page: ${seconds.toFixed(2)} s`);
  assert.ok(seconds < 2, `${seconds} s`);
  assert.equal(await state.getAttribute('data-state'), 'ended');
  await leave(page);
});
