// Passkeys: asks the server for a question, the authenticator for the answer, and the server again.
// All words shown come from data attributes or from the server.

const place = document.querySelector('[data-passkey]');
const button = place.querySelector('button');
const say = text => { place.querySelector('[role=status]').textContent = text; };
const post = (path, body) =>
  fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) });

async function talk() {
  const kind = place.dataset.passkey, making = kind === 'register' || kind === 'join';
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return say(place.dataset.unable);
  const begun = await post(`/passkeys/${kind}/begin`);
  const question = await begun.json();
  if (!begun.ok) return say(question.error);
  let credential;
  try {
    credential = making
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(question.publicKey) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(question.publicKey) });
  } catch {
    return say(place.dataset.stopped);
  }
  const name = place.querySelector('input')?.value ?? '';
  const ended = await post(`/passkeys/${kind}/finish`, making ? { name, credential } : credential);
  const answer = await ended.json();
  if (!ended.ok) return say(answer.error);
  if (answer.to) location.assign(answer.to);
  else if (window.opener || history.length < 2) window.close();
  else history.back();
  say('');
}

button.addEventListener('click', async () => {
  button.disabled = true;
  say('');
  try {
    await talk();
  } catch {
    say(place.dataset.lost);
  }
  button.disabled = false;
});
