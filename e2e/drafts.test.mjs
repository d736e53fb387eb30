// Nothing that is typed is lost, and nothing that is sent twice is kept twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anotherTab, desk, fill, formWith, leave, openCase, press, startBrowser, unique, words } from './lib.mjs';

const browser = await startBrowser();
const INTAKE = '相談を記録する';
const saved = page => page.locator('[data-draft-state]', { hasText: '下書きを保存しました' });

/** How many consultations there are about a child of this name. */
async function taken(page, name) {
  const answer = await page.context().request.post('/consultations/matches', { form: { child_name: name }, headers: { origin: new URL(page.url()).origin } });
  assert.equal(answer.status(), 200);
  return [...(await answer.text()).matchAll(/href="\/consultations\//g)].length;
}

test('what was typed before the tab was closed is offered again with its text', async () => {
  const page = await desk(browser, 'coordinator');
  const concern = `下書きの試し${unique()}`;
  await page.goto('/consultations/new');
  await page.locator('#f-concern').pressSequentially(concern, { delay: 20 });
  await fill(formWith(page, INTAKE), { topic: ['school'], asker_kind: 'school', asker_name: '三崎', urgency: 'week', municipality: '142107' });
  await saved(page).waitFor();
  const again = await anotherTab(page);
  await page.close();
  await again.goto('/consultations');
  await press(again, again.getByRole('link', { name: concern }));
  const form = formWith(again, INTAKE);
  for (const [name, value] of Object.entries({ concern, asker_name: '三崎', asker_kind: 'school' })) {
    assert.equal(await form.locator(`[name=${name}]`).inputValue(), value);
  }
  for (const [name, value] of Object.entries({ topic: 'school', urgency: 'week', municipality: '142107' })) {
    assert.ok(await form.locator(`[name=${name}][value="${value}"]`).isChecked(), `${name} is still ${value}`);
  }
  assert.equal(await press(again, INTAKE), 200);
  assert.ok((await words(again)).includes(concern));
  await again.goto('/consultations');
  assert.equal(await again.getByRole('link', { name: concern }).count(), 0, 'a saved consultation is no draft any more');
  await leave(again);
});

test('words typed in the last moment before leaving are kept too', async () => {
  const page = await desk(browser, 'coordinator');
  const concern = `最後のひとこと${unique()}`;
  await page.goto('/consultations/new');
  await page.locator('#f-concern').fill(concern);
  await page.goto('/consultations');
  await page.reload();
  const link = page.getByRole('link', { name: concern });
  await link.waitFor();
  await press(page, page.locator('li', { has: link }).getByRole('button', { name: '捨てる' }));
  assert.equal(await link.count(), 0, 'a draft can be thrown away');
  await leave(page);
});

test('when the session ends while one types, the page says so, keeps the text, and the draft from before is there after signing in', async () => {
  const page = await desk(browser, 'coordinator');
  const before = `終わる前${unique()}`;
  await page.goto('/consultations/new');
  await page.locator('#f-concern').fill(before);
  await saved(page).waitFor();
  const other = await anotherTab(page);
  await other.goto('/');
  await other.locator('.viewer summary').click();
  await press(other, 'サインアウト（利用者を切り替える）');
  assert.match(other.url(), /\/sign-in$/);
  await page.locator('#f-concern').pressSequentially('、そのあと', { delay: 20 });
  await page.locator('[data-draft-state]', { hasText: /時間が切れました/ }).waitFor();
  assert.equal(await page.locator('#f-concern').inputValue(), `${before}、そのあと`);
  // Signing in again in the other tab is enough: the next key saves everything.
  await other.goto('/demo/sign-in?as=coordinator');
  await page.locator('#f-concern').pressSequentially('も', { delay: 20 });
  await saved(page).waitFor();
  await other.goto('/consultations');
  await press(other, other.getByRole('link', { name: before }));
  assert.equal(await other.locator('#f-concern').inputValue(), `${before}、そのあとも`);
  await leave(other, /401/);
});

test('somebody else’s draft does not exist', async () => {
  const page = await desk(browser, 'coordinator');
  const concern = `ひとの下書き${unique()}`;
  await page.goto('/consultations/new');
  const draft = await page.locator('form.intake [name=draft]').inputValue();
  await page.locator('#f-concern').fill(concern);
  await saved(page).waitFor();
  const colleague = await desk(browser, 'coordinator2');
  assert.equal((await colleague.goto(`/consultations/new?draft=${draft}`)).status(), 404);
  await colleague.goto('/consultations');
  assert.ok(!(await colleague.content()).includes(concern));
  await leave(colleague, /404/);
  await leave(page);
});

for (const script of [true, false]) {
  test(`a double click saves one consultation (${script ? 'with' : 'without'} script)`, async () => {
    const page = await desk(browser, 'coordinator', { script });
    const name = `二度 ${unique(6)}`;
    await page.goto('/consultations/new');
    await fill(formWith(page, INTAKE), { concern: '二度押した', topic: 'other', child_name: name, route: 'mine' });
    await page.getByRole('button', { name: INTAKE }).dblclick();
    // The second click's journey takes the place of the first one's; waiting for a URL would call that a failure.
    const arrived = () => /\/consultations\/[0-9a-f-]{36}(#saved)?$/.test(page.url());
    for (let i = 0; i < 300 && !arrived(); i++) await new Promise(done => setTimeout(done, 50));
    assert.ok(arrived(), page.url());
    await page.waitForLoadState();
    assert.equal(await taken(page, name), 1);
    await leave(page);
  });
}

test('going back and saving again keeps one consultation', async () => {
  const page = await desk(browser, 'coordinator');
  const name = `戻る ${unique(6)}`;
  await page.goto('/consultations/new');
  await fill(formWith(page, INTAKE), { concern: '戻ってもう一度', topic: 'other', child_name: name, route: 'mine' });
  await press(page, INTAKE);
  const place = page.url();
  await page.goBack();
  const form = formWith(page, INTAKE);
  if (await form.locator('[name=child_name]').inputValue() === name) {
    await press(page, INTAKE);
    assert.equal(page.url(), place, 'the second time leads to the first record');
  } else {
    // The browser shows a fresh form; without its words nothing can be saved.
    assert.equal(await press(page, INTAKE), 422);
  }
  assert.equal(await taken(page, name), 1);
  await leave(page, /422/);
});

test('the same form posted again by a retry is one consultation', async () => {
  const page = await desk(browser, 'coordinator');
  const name = `再送 ${unique(6)}`;
  await page.goto('/consultations/new');
  await fill(formWith(page, INTAKE), { concern: '回線が切れた', topic: 'other', child_name: name, route: 'mine' });
  const form = await page.locator('form.intake').evaluate(f => [...new FormData(f)]);
  const post = () => page.context().request.post('/consultations/new', {
    data: new URLSearchParams(form).toString(), maxRedirects: 0,
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(page.url()).origin },
  });
  const answers = await Promise.all([post(), post(), post()]);
  assert.deepEqual(answers.map(a => a.status()), [303, 303, 303]);
  assert.equal(new Set(answers.map(a => a.headers().location)).size, 1, 'all lead to the same record');
  assert.equal(await taken(page, name), 1);
  await leave(page);
});

test('what was typed into a timeline entry or a referral is there again after looking elsewhere', async () => {
  const page = await desk(browser, 'coordinator');
  const place = await openCase(page);
  const body = `母の話${unique()}`;
  await page.goto(`${place}/timeline`);
  await page.locator('#new [name=body]').fill(body);
  await saved(page).waitFor();
  await page.goto('/resources?need=' + encodeURIComponent('病院 横須賀市') + `&for=${place.split('/').pop()}`);
  await press(page, page.getByRole('link', { name: 'つなぐ', exact: true }).first());
  const referral = page.url();
  const request = `レスパイトの相談${unique()}`;
  await page.locator('[name=request]').fill(request);
  await saved(page).waitFor();
  await page.goto(`${place}/timeline`);
  assert.equal(await page.locator('#new [name=body]').inputValue(), body);
  await page.goto(referral);
  assert.equal(await page.locator('[name=request]').inputValue(), request);
  await leave(page);
});
