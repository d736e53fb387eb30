// What HTML and htmx cannot do; every page works without it.
// All words shown come from data attributes. Nothing a person typed is ever put into browser storage.

const $ = (selector, within = document) => within.querySelector(selector);
const on = (target, names, act, how) => names.split(' ').forEach(name => target.addEventListener(name, act, how));
const hidden = () => document.visibilityState === 'hidden';
const tell = (place, state) => {
  if (!place || place.dataset.state === state) return;
  place.dataset.state = state;
  place.textContent = place.getAttribute('data-' + state) ?? '';
};
// For a preference and a count only; storage may be forbidden.
const remember = (area, key, value) => {
  try {
    if (value === undefined) return window[area].getItem(key);
    window[area].setItem(key, value);
  } catch { /* forbidden */ }
};

// 1. Keys: / searches, n takes a new consultation, ? explains. They can be switched off (WCAG 2.1.4).
const typing = 'textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])';
const keysWanted = () => remember('localStorage', 'keys') !== 'off';

on(document, 'keydown', event => {
  const menu = $('.viewer[open]'), search = $('#q'), help = $('#help');
  if (event.key === 'Escape') {
    if (location.hash === '#menu') location.hash = 'main';
    if (menu) {
      menu.open = false;
      $('summary', menu).focus();
    }
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !search) return;
  if (event.target.closest(typing) || $('dialog[open]') || !keysWanted()) return;
  if (event.key === '/') search.select();
  else if (event.key === '?') help?.showModal();
  else if (event.key === 'n') location.assign('/consultations/new');
  else return;
  event.preventDefault();
});

const keysBox = $('[data-keys]');
if (keysBox) {
  keysBox.checked = keysWanted();
  on(keysBox, 'change', () => remember('localStorage', 'keys', keysBox.checked ? 'on' : 'off'));
}

// 2. Drafts: what is typed reaches the server within a second; what did not stays in memory and is sent again.
const drafts = new Map();

const sendDraft = async (form, leaving) => {
  const draft = drafts.get(form), body = draft.unsent;
  clearTimeout(draft.timer);
  // One at a time, so that an older state never lands after a newer one; a page that is left cannot wait.
  if (body === null || (draft.sending && !leaving)) return;
  draft.sending?.abort();
  const sending = draft.sending = new AbortController(), place = $('[data-draft-state]', form) ?? $('[data-draft-state]');
  tell(place, 'saving');
  let status = 0;
  try {
    const answer = await fetch(form.dataset.draft, {
      method: 'POST',
      body: new URLSearchParams(body),
      keepalive: body.length < 60000, // Browsers refuse it above 64 KiB.
      redirect: 'manual',
      signal: sending.signal,
    });
    status = answer.status || 401; // A redirect has the status 0 and leads to the sign-in page.
  } catch { /* no network */ }
  if (draft.sending !== sending) return;
  draft.sending = null;
  if (status >= 200 && status < 300) {
    draft.wait = 2000;
    if (draft.unsent !== body) return sendDraft(form);
    draft.unsent = null;
    tell(place, 'saved');
  } else {
    tell(place, status === 401 ? 'signed-out' : 'failed');
    // What the server refuses (4xx) it refuses until the next input.
    if (status && status < 500) return;
    draft.timer = setTimeout(sendDraft, draft.wait, form);
    draft.wait = Math.min(draft.wait * 2, 60000);
  }
};

on(document, 'input change', event => {
  const form = event.target.form;
  if (!form?.dataset.draft) return;
  if (!drafts.has(form)) drafts.set(form, { wait: 2000, sending: null });
  const draft = drafts.get(form);
  draft.unsent = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === 'string')).toString();
  clearTimeout(draft.timer);
  draft.timer = setTimeout(sendDraft, 700, form);
});
on(document, 'visibilitychange', () => drafts.forEach((_, form) => sendDraft(form, hidden())));
on(window, 'pagehide', () => drafts.forEach((_, form) => sendDraft(form, true)));
on(window, 'online', () => drafts.forEach((_, form) => sendDraft(form)));

// 3. Minutes: how long this page was looked at, until a person writes a number.
const watches = new WeakMap();
let lastTick = Date.now();

const tick = () => {
  const now = Date.now(), passed = Math.min(now - lastTick, 10000);
  lastTick = now;
  for (const input of document.querySelectorAll('input[data-minutes]')) {
    const key = 'minutes:' + input.name;
    if (!watches.has(input)) {
      // A number from the server goes on counting only when it was counted, not typed.
      const counted = input.value && remember('sessionStorage', key) === input.value;
      watches.set(input, { typed: input.value && !counted, ms: counted ? (input.value - 0.5) * 60000 : 0 });
      on(input, 'input', () => { watches.get(input).typed = true; });
    }
    const watch = watches.get(input);
    if (!hidden()) watch.ms += passed;
    if (watch.typed || document.activeElement === input) continue;
    input.value = Math.max(1, Math.ceil(watch.ms / 60000));
    remember('sessionStorage', key, input.value);
  }
};
on(document, 'visibilitychange', tick);
setInterval(tick, 5000);

// 4. Live: the server says that something changed; elements with hx-trigger="live from:body" ask for it.
const url = document.body.dataset.live;
if (url) {
  let source, failures = 0, since = 0, timer, over, missed, due, last = 0;
  const state = name => tell($('#live-state'), name);
  // At most once a second, and the last change is never dropped.
  const changed = () => {
    due ??= setTimeout(() => {
      due = null;
      last = Date.now();
      document.body.dispatchEvent(new Event('live'));
    }, last + 1000 - Date.now());
  };
  const stop = () => {
    source?.close();
    source = null;
    clearTimeout(timer);
  };
  const end = () => {
    over = true;
    stop();
    state('ended');
  };
  const poll = async () => {
    try {
      const answer = await fetch(`${url}?poll=1&since=${since}`, { redirect: 'manual' });
      const news = [0, 401].includes(answer.status) ? { ended: true } : await answer.json();
      if (news.ended) return end();
      since = news.since;
      state('poll');
      if (news.changed) changed();
    } catch {
      state('lost');
    }
    clearTimeout(timer);
    if (!hidden()) timer = setTimeout(poll, 15000);
  };
  const failed = () => {
    missed = true;
    clearTimeout(timer);
    if (++failures >= 3) {
      stop();
      poll();
    } else if (source.readyState === EventSource.CLOSED) {
      stop();
      timer = setTimeout(listen, 2000);
    }
  };
  const listen = () => {
    const mine = source = new EventSource(url);
    const hear = (name, act) => on(mine, name, event => { if (source === mine) act(event); });
    // A proxy that holds events back neither opens nor fails.
    timer = setTimeout(() => { failures = 2; failed(); }, 20000);
    hear('open', () => {
      clearTimeout(timer);
      state('ok');
      if (missed) changed();
      missed = false;
    });
    hear('changed', () => { failures = 0; changed(); });
    hear('ended', end);
    hear('error', failed);
  };
  // A hidden page gives its connection back: over HTTP/1.1 browsers allow six to one server.
  const wake = () => {
    stop();
    if (hidden() || over) return;
    if (failures >= 3) poll();
    else listen();
  };
  on(document, 'visibilitychange', () => { missed = true; wake(); });
  on(window, 'pagehide', stop);
  wake();
}

// 5. A form is sent once: for five seconds more is swallowed. Buttons are not disabled, so their value is sent.
const sent = new WeakMap();
const mark = (form, busy) => [...form.elements].forEach(e => e.type === 'submit' && (busy ? e.setAttribute('aria-disabled', 'true') : e.removeAttribute('aria-disabled')));
const release = form => {
  clearTimeout(sent.get(form));
  sent.delete(form);
  mark(form, false);
};

on(document, 'submit', event => {
  const form = event.target;
  if (form.getAttribute('method')?.toLowerCase() !== 'post') return;
  if (sent.has(form)) {
    event.preventDefault();
    return event.stopImmediatePropagation();
  }
  sent.set(form, setTimeout(release, 5000, form));
  mark(form, true);
  // The form itself arrives now; a late draft must not come back to life.
  const draft = drafts.get(form);
  draft?.sending?.abort();
  if (draft) draft.sending = draft.unsent = null;
}, true);
on(document, 'htmx:finally:request', event => { if (sent.has(event.target)) release(event.target); });
on(window, 'pageshow', event => { if (event.persisted) [...document.forms].forEach(release); });

// 6. Errors: a new summary gets the focus once.
let summary;
const showErrors = () => {
  const found = $('.error-summary');
  if (found !== summary) found?.focus();
  summary = found;
};
showErrors();
on(document, 'htmx:after:swap', showErrors);

// A row of tabs wider than the screen starts where one is.
document.querySelectorAll('.tabs [aria-current], .chips [aria-current]').forEach(tab => {
  tab.closest('ul').scrollLeft = tab.parentElement.offsetLeft - 48;
});

// 7. Clicks: open a dialog, close the menu beside which one clicked, copy a text.
on(document, 'click', async ({ target }) => {
  const menu = $('.viewer[open]'), button = target.closest('[data-copy], [data-open]');
  if (menu && !menu.contains(target)) menu.open = false;
  if (!button) return;
  const { open, copy, done } = button.dataset, label = button.textContent;
  const named = document.getElementById((open ?? copy).replace('#', ''));
  if (open) return named?.showModal();
  try {
    await navigator.clipboard.writeText(named.value ?? named.textContent.trim());
    button.textContent = done ?? label;
    setTimeout(() => { button.textContent = label; }, 3000);
  } catch {
    // Without permission the text is selected, ready for the person's own copy command.
    getSelection().selectAllChildren(named);
  }
});
