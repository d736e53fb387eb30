// A mother writes at night what troubles her; the lead's open page shows it at once, and she sees that somebody has it in hand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, day, desk, fill, foldOf, formWith, leave, picture, press, startBrowser, unique, words } from './lib.mjs';

const browser = await startBrowser();
const concern = '夜の吸引が5回に増えて、ほとんど眠れません。今週だけでも、だれかに来てもらえないでしょうか。';
let child, call;

test('what a family writes on its phone stands on the open page of the lead within a second', async () => {
  const lead = await desk(browser, 'coordinator');
  await lead.goto('/');
  const family = await desk(browser, 'family', { size: PHONE });
  await family.goto('/');
  child = await family.locator('a[href^="/children/"]').first().getAttribute('href');
  await family.goto(child);
  await press(family, family.getByRole('link', { name: '困っている' }).first());
  assert.match(await words(family), /まず 119 に電話してください/);
  assert.equal(await press(family, '送る'), 422);
  assert.match(await words(family), /困っていることを入力してください/);
  await fill(formWith(family, '送る'), { soon: 'same_day', concern });
  const known = await lead.locator('#work a[href^="/consultations/"]').evaluateAll(links => links.map(a => a.getAttribute('href')));
  const came = lead.waitForFunction(
    before => [...document.querySelectorAll('#work a[href^="/consultations/"]')].map(a => a.getAttribute('href')).find(href => !before.includes(href)),
    known, { timeout: 5000, polling: 20 },
  );
  const begun = performance.now();
  assert.equal(await press(family, '送る'), 200);
  call = await (await came).jsonValue();
  console.log(`# from the family's button to the lead's open page: ${Math.round(performance.now() - begun)} ms`);
  assert.match(await words(lead), /家族から/);
  const told = await words(family);
  assert.match(told, /届きました.*までに連絡します/s);
  assert.ok(told.includes(concern));
  await picture(family, 'trouble');
  await leave(lead);
  await leave(family, /422/);
});

test('the lead answers and ends it; the family reads how far it is and nothing that staff wrote', async () => {
  const lead = await desk(browser, 'coordinator');
  await lead.goto(child.replace('/children/', '/cases/'));
  assert.match(await words(lead), /家族から相談が届いています/);
  await press(lead, lead.locator(`a[href="${call}"]`).first());
  assert.ok((await words(lead)).includes(concern));
  await foldOf(lead, '助言を記録する');
  await fill(formWith(lead, '助言を記録する'), { advice: '訪問看護に夜の臨時の訪問を頼んだ', advice_minutes: '20' });
  await press(lead, '助言を記録する');
  const family = await desk(browser, 'family', { size: PHONE });
  await family.goto(child);
  assert.match(await words(family), /対応しています/);
  await fill(formWith(lead, '判定を記録する'), { outcome: 'linked', reason: '臨時の訪問が決まった' });
  await press(lead, '判定を記録する');
  await family.goto(`${child}/trouble`);
  const ended = await words(family);
  assert.match(ended, /終わりました/);
  assert.doesNotMatch(ended, /臨時の訪問/);
  await leave(lead);
  await leave(family);
});

test('an appointment that the lead makes and moves is the family’s next one', async () => {
  const lead = await desk(browser, 'coordinator');
  const what = `家庭訪問（${unique(5)}）`;
  await lead.goto(`${child.replace('/children/', '/cases/')}/appointments`);
  await fill(formWith(lead, '予定を入れる'), { what, on: day(5), time: '14:00', place: 'ご自宅' });
  await press(lead, '予定を入れる');
  const family = await desk(browser, 'family', { size: PHONE });
  await family.goto(child);
  assert.ok((await words(family)).includes(what));
  await press(lead, lead.getByRole('link', { name: new RegExp(`${what}を変える`.replace(/[（）]/g, '.')) }));
  await fill(formWith(lead, '変えた予定を保存する'), { time: '15:30' });
  await press(lead, '変えた予定を保存する');
  await family.reload();
  assert.match(await words(family), /15:30〜16:30/);
  await press(lead, lead.getByRole('link', { name: new RegExp(`${what}を変える`.replace(/[（）]/g, '.')) }));
  await press(lead, 'この予定を取りやめる');
  await family.reload();
  assert.match(await words(family), /取りやめになりました/);
  await leave(lead);
  await leave(family);
});
