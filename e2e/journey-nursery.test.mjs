// Journey (ii): a nursery teacher asks without naming a child, and the advice becomes an answer for everybody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, desk, fill, foldOf, formWith, leave, press, startBrowser, takeConsultation, unique, words } from './lib.mjs';

const browser = await startBrowser();
const place = `${unique(4)}保育園`;
const question = `吸引のある子の遠足（${unique(5)}）`;
const advice = '吸引器の予備の電池と、看護師の付き添いを先に決めます。行き先の救急の窓口も確かめておきます。';
let consultation;

test('a nursery teacher gets advice without telling a child’s name', async () => {
  const page = await desk(browser, 'coordinator');
  consultation = await takeConsultation(page, {
    concern: '吸引のある年中の子と遠足に行きたい。何を準備すればよいか', topic: ['nursery', 'from_supporter'], kind: 'supporter', asker_kind: 'nursery',
    asker_name: '池上', asker_place: place, consent_state: 'not_needed', urgency: 'week',
  });
  const taken = await words(page);
  assert.match(taken, /氏名は聞いていません/);
  assert.match(taken, /最初の返答がまだです/);
  await foldOf(page, '助言を記録する');
  await fill(formWith(page, '助言を記録する'), { advice, advice_minutes: '15' });
  await press(page, '助言を記録する');
  const advised = await words(page);
  assert.ok(advised.includes(advice) && advised.includes('15分'));
  assert.doesNotMatch(advised, /最初の返答がまだです/, 'advice is the first response');
  await fill(formWith(page, '判定を記録する'), { outcome: 'advised', reason: '準備の一覧を伝えた' });
  await press(page, '判定を記録する');
  assert.match(await words(page), /助言で終結/);
  await leave(page);
});

test('a card that still names the asker’s place is refused with its text kept', async () => {
  const page = await desk(browser, 'coordinator');
  await page.goto(consultation);
  await press(page, page.getByRole('link', { name: 'この助言を「よくある相談」にする' }));
  const form = formWith(page, 'カードを保存する');
  assert.equal(await form.locator('[name=answer]').inputValue(), advice, 'the advice is already there');
  const leaking = `${advice}${place}では、園長が付き添いました。`;
  await fill(form, { question, answer: leaking });
  assert.equal(await press(page, 'カードを保存する'), 422);
  assert.match(await words(page), /もとの相談の名前や所属が残っています/);
  assert.equal(await form.locator('[name=answer]').inputValue(), leaking);
  assert.equal(await form.locator('[name=question]').inputValue(), question);
  assert.ok(await page.evaluate(() => document.activeElement.classList.contains('error-summary')), 'the errors have the focus');
  // Blanks and the other kana do not hide a name either.
  await fill(form, { answer: `${advice}${[...place].join(' ')}では、園長が付き添いました。` });
  assert.equal(await press(page, 'カードを保存する'), 422);
  await fill(form, { answer: advice, review_on: day(200) });
  assert.equal(await press(page, 'カードを保存する'), 200);
  assert.match(page.url(), /\/answer-cards\/[0-9a-f-]{36}(#saved)?$/);
  const card = new URL(page.url()).pathname;
  assert.doesNotMatch(await page.content(), new RegExp(`${place}|池上`));

  await fill(form, { answer: leaking });
  assert.equal(await press(page, 'カードを保存する'), 422, 'nor can the place be written in later');
  await page.goto(card);
  assert.doesNotMatch(await page.content(), new RegExp(place));
  await leave(page, /422/);
});

test('the next teacher’s nurse finds the card by words and by topic', async () => {
  const page = await desk(browser, 'supporter');
  await page.goto('/answer-cards');
  await fill(formWith(page, '探す'), { q: question.slice(-6, -1) });
  await press(page, formWith(page, '探す').getByRole('button', { name: '探す' }));
  await page.getByRole('link', { name: question }).waitFor();
  await page.goto('/answer-cards?topic=nursery');
  await press(page, page.getByRole('link', { name: question }));
  assert.ok((await words(page)).includes(advice));
  assert.equal(await page.getByRole('button', { name: 'カードを保存する' }).count(), 0, 'a supporter reads and does not write');
  await leave(page);
});
