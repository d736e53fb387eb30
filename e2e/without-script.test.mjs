// Every page works without JavaScript: from the call to a referral by nothing but forms and links.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseService, consent, day, desk, fill, foldOf, formWith, leave, press, sendReferral, startBrowser, takeConsultation, unique, words } from './lib.mjs';

const browser = await startBrowser();

test('intake, screening, case, consent, referral and its answer without script', async () => {
  const page = await desk(browser, 'coordinator', { script: false });
  const name = unique(4);
  await page.goto('/consultations/new');
  await fill(formWith(page, '相談を記録する'), { concern: '', child_name: `無地 ${name}` });
  assert.equal(await press(page, '相談を記録する'), 422);
  assert.match(await words(page), /入力を確かめてください/);
  assert.equal(await page.locator('[name=child_name]').inputValue(), `無地 ${name}`, 'what was typed is kept');
  await takeConsultation(page, {
    concern: '夜の吸引がつらい', topic: ['home_life'], child_name: `無地 ${name}`, child_kana: `むじ ${name}`, municipality: '142018', child_birth: day(-1200), residence: 'home', child_sex: 'female',
  });
  await fill(formWith(page, '判定を記録する'), { outcome: 'case_opened' });
  await press(page, '判定を記録する');
  await fill(formWith(page, 'ケースを開く'), { guardian_name: '無地 みか', guardian_kana: 'むじ みか', guardian_relation: 'mother' });
  await press(page, 'ケースを開く');
  const place = new URL(page.url()).pathname;
  assert.match(place, /^\/cases\//);
  await page.goto(`/resources?for=${place.split('/').pop()}`);
  await chooseService(page, '病院 逗子市');
  await consent(page);
  await sendReferral(page, 'logged', '夜間のレスパイトをお願いしたい');
  assert.match(await words(page), /回答待ち/);
  await foldOf(page, '相手に代わって記録する');
  await fill(formWith(page, '回答を記録する'), { said_by: '連携室から電話', answer: 'accept', start_on: day(10) });
  await press(page, '回答を記録する');
  assert.match(await words(page), /受入れ可/);
  await page.goto('/search?q=' + encodeURIComponent(`むじ ${name}`));
  await press(page, page.getByRole('link', { name: `無地 ${name}` }));
  assert.equal(new URL(page.url()).pathname, place);
  await leave(page, /422/);
});

test('signing out works without script, and then nothing can be seen', async () => {
  const page = await desk(browser, 'coordinator', { script: false });
  await page.goto('/');
  await page.locator('.viewer summary').click();
  await press(page, 'サインアウト（利用者を切り替える）');
  await page.goto('/cases');
  assert.match(page.url(), /\/sign-in$/);
  await leave(page);
});
