// Portello's widget: <script src="https://chat.example/embed.js" async></script>
// What can be set, and what it tells the page, stands in the README.
(() => {
  "use strict";
  // The server writes name, contact and starters here, so that opening needs no request.
  const GIVEN = null;

  const WORDS = {
    language: ["en", "it", "de", "fr", "es"],
    launch: ["Ask a question", "Fai una domanda", "Frage stellen", "Poser une question", "Haz una pregunta"],
    hello: ["Hello! I answer only in the words of our pages, and show you where they stand.", "Ciao! Rispondo solo con le parole delle nostre pagine e ti mostro dove si trovano.", "Hallo! Ich antworte nur mit den Worten unserer Seiten und zeige, wo sie stehen.", "Bonjour ! Je réponds avec les mots de nos pages et je montre où ils se trouvent.", "¡Hola! Respondo solo con las palabras de nuestras páginas y te muestro dónde están."],
    send: ["Ask", "Chiedi", "Fragen", "Demander", "Preguntar"],
    close: ["Close", "Chiudi", "Schließen", "Fermer", "Cerrar"],
    clear: ["Start again", "Ricomincia", "Neu beginnen", "Recommencer", "Empezar de nuevo"],
    source: ["Source", "Fonte", "Quelle", "Source", "Fuente"],
    more: ["Other passages", "Altri passaggi", "Weitere Stellen", "Autres passages", "Otros pasajes"],
    differ: ["Our pages differ", "Le nostre pagine differiscono", "Unsere Seiten widersprechen sich", "Nos pages diffèrent", "Nuestras páginas difieren"],
    closest: ["The closest I have.", "La cosa più vicina che ho.", "Das Nächste, was ich habe.", "Le plus proche que j’aie.", "Lo más parecido que tengo."],
    unknown: ["I don’t know that one.", "Questo non lo so.", "Das weiß ich nicht.", "Je ne le sais pas.", "Eso no lo sé."],
    missing: ["Not mentioned in our pages:", "Le nostre pagine non ne parlano:", "Auf unseren Seiten nicht erwähnt:", "Nos pages n’en parlent pas :", "Nuestras páginas no lo mencionan:"],
    understood: ["Understood as:", "Inteso come:", "Verstanden als:", "Compris comme :", "Entendido como:"],
    undo: ["No, as I wrote it", "No, come l’ho scritta", "Nein, wie ich es schrieb", "Non, comme je l’ai écrite", "No, como la escribí"],
    meant: ["Did you mean", "Forse intendevi", "Meinten Sie", "Vouliez-vous dire", "¿Querías decir"],
    next: ["You could ask me", "Puoi chiedermi", "Fragen Sie zum Beispiel", "Vous pouvez me demander", "Puedes preguntarme"],
    yes: ["This helped", "È stato utile", "Das hat geholfen", "Cela m’a aidé", "Me ha servido"],
    no: ["This didn’t help", "Non è stato utile", "Das hat nicht geholfen", "Cela ne m’a pas aidé", "No me ha servido"],
    slow: ["This is taking longer than usual …", "Ci vuole più tempo del solito …", "Es dauert länger als sonst …", "C’est plus long que d’habitude …", "Está tardando más de lo normal …"],
    down: ["I can’t reach our answers at the moment.", "Al momento non raggiungo le risposte.", "Die Antworten sind gerade nicht erreichbar.", "Les réponses sont injoignables pour l’instant.", "Ahora mismo no llego a las respuestas."],
    busy: ["Too many questions right now. Try again in a moment.", "Troppe domande in questo momento. Riprova tra poco.", "Gerade sind es zu viele Fragen. Bitte gleich noch einmal versuchen.", "Trop de questions en ce moment. Réessayez dans un instant.", "Demasiadas preguntas ahora mismo. Inténtalo de nuevo en un momento."],
    long: ["That is more than I can read at once. Please make it shorter.", "È più di quanto riesco a leggere in una volta. Accorcia la domanda.", "Das ist mehr, als ich auf einmal lesen kann. Bitte kürzer fragen.", "C’est plus que je ne peux lire d’un coup. Raccourcissez, s’il vous plaît.", "Es más de lo que puedo leer de una vez. Acórtala, por favor."],
    kept: ["Your question is kept.", "La tua domanda è conservata.", "Ihre Frage bleibt erhalten.", "Votre question est conservée.", "Tu pregunta se conserva."],
    retry: ["Try again", "Riprova", "Noch einmal", "Réessayer", "Reintentar"],
  };

  const DARK = `.root { --card: #1f1f21; --ground: #141415; --ink: #f1efec; --quiet: #b3ada7;
    --line: #39383a; --mark: #5c4a12; --min: .8; --max: 1;
    --accent: var(--portello-accent, #c22c48); color-scheme: dark; }`;
  const STYLE = `
    :host { all: initial !important; position: fixed !important; inset: 0 !important;
      z-index: 2147483647 !important; pointer-events: none !important; }
    :host([data-target]) { position: static !important; display: block !important; }
    :host::backdrop { display: none !important; }
    .root { --card: #fff; --ground: #f4f2ef; --ink: #1d1b1a; --quiet: #5f5a56; --line: #ddd8d2;
      --mark: #ffe9a8; --min: 0; --max: .5;
      --accent: var(--portello-accent, #9f1d33); --round: var(--portello-corner, 1em);
      --top: env(safe-area-inset-top); --right: env(safe-area-inset-right);
      --bottom: env(safe-area-inset-bottom); --left: env(safe-area-inset-left);
      --on: lab(from var(--accent) clamp(0, (49.5 - l) * 999, 100) 0 0);
      --link: oklch(from var(--accent) clamp(var(--min), l, var(--max)) c h);
      color-scheme: light; position: absolute; inset: var(--from, 0) 0 auto;
      height: var(--seen, 100%); border: solid #0000; display: grid; grid: 100% / 100%;
      border-width: var(--top) var(--right) var(--bottom) var(--left);
      padding: var(--portello-space, 1em); place-items: var(--portello-position, end);
      font: 1em/1.5 var(--portello-font, system-ui, sans-serif); color: var(--ink); }
    DARK
    * { box-sizing: border-box; margin: 0; padding: 0; font: inherit; color: inherit;
      unicode-bidi: plaintext; }
    [hidden] { display: none !important; }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    button, input { min-width: 2.75em; min-height: 2.75em; border: 1px solid #0000; padding: 0 1em;
      border-radius: calc(var(--round) * 1.5); }
    button { background: none; cursor: pointer; }
    svg { display: block; width: 1.4em; height: 1.4em; margin: auto; fill: none;
      stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
    .launcher, .send, .asked { background: var(--accent); color: var(--on); }
    .launcher, .send { font-weight: 600; }
    .launcher { display: flex; align-items: center; gap: .6em; min-height: 3.5em; padding: 0 1.4em; }
    .launcher, .panel { pointer-events: auto; max-width: 100%; box-shadow: 0 6px 30px #0005; }
    .panel { flex-direction: column; width: 26em; height: 42em; max-height: 100%; overflow: hidden;
      position: static; border: 1px solid var(--line); border-radius: var(--round);
      background: var(--ground); color: inherit; overflow-wrap: anywhere; }
    dialog[open], section { display: flex; }
    .top { flex-wrap: wrap; }
    .top, form { display: flex; align-items: center; gap: .5em; padding: .6em;
      background: var(--card); border: 0 solid var(--line); border-width: 0 0 1px; }
    form { border-width: 1px 0 0; }
    h2 { flex: 1; min-width: 6em; padding-inline-start: .4em; font-weight: 700; }
    .top::before { content: ""; width: 2em; height: 2em; margin-inline-start: .4em;
      background: var(--portello-logo, radial-gradient(closest-side, var(--card) 40%,
        var(--accent) 43% 97%, #0000), conic-gradient(#0000 50%, var(--accent) 0 75%, #0000 0))
        center / contain no-repeat; }
    .top button, .thumb { padding: 0; border-radius: 50%; color: var(--quiet); }
    .log { flex: 1; min-height: 4em; padding: .9em; overflow-y: auto; overscroll-behavior: contain; }
    .log:focus-visible { outline-offset: -3px; }
    .asked, .reply { width: fit-content; max-width: 100%; margin-bottom: .8em; padding: .7em 1em;
      border: 1px solid #0000; border-radius: var(--round); }
    .asked { margin-inline-start: auto; max-width: 88%; border-end-end-radius: .2em; }
    .reply { background: var(--card); border-color: var(--line); border-end-start-radius: .2em; }
    .reply > * + *, li > * { margin-top: .6em; }
    .reply > :empty { display: none; }
    .said, blockquote { white-space: pre-line; }
    .reply > .said { font-size: 1.0625em; font-weight: 500; }
    .quiet { color: var(--quiet); font-size: .9em; }
    .flag { padding: .4em .8em; border-inline-start: 3px solid #c9922a; background: var(--ground); }
    .source { border-top: 1px solid var(--line); padding-top: .4em; }
    a { color: var(--link); }
    .where { display: flex; align-items: baseline; gap: .7em; }
    .where a { display: block; padding: .8em 0; }
    blockquote { margin-top: .3em; border-inline-start: 3px solid var(--line);
      padding-inline-start: .8em; }
    mark { border-radius: .2em; background: var(--mark); color: var(--ink); }
    table { border-collapse: collapse; }
    th, td { border-bottom: 1px solid var(--line); padding: .35em .6em; text-align: start; }
    strong, th { flex: none; font-weight: 600; }
    summary { padding: .8em 0; cursor: pointer; }
    li { list-style: none; border-top: 1px solid var(--line); }
    .options { display: flex; flex-wrap: wrap; gap: .5em; }
    .options button { padding: .4em 1em; border-color: currentColor; color: var(--link);
      text-align: start; }
    .top button:hover, .thumb:hover, .options button:hover, [aria-pressed="true"] {
      background: var(--line); color: var(--ink); }
    [aria-pressed="true"] svg { fill: currentColor; }
    .thumbs { display: flex; gap: .2em; margin-bottom: -.4em; margin-inline-start: -.7em; }
    .thumb + .thumb { transform: rotate(180deg); }
    .status { padding: 0 1.3em; }
    input { flex: 1; border-color: var(--quiet); background: var(--card); }
    ::placeholder { color: var(--quiet); opacity: 1; }
    :host([data-target]) .root { display: block; position: static; padding: 0; border: 0; }
    section.panel { width: auto; height: auto; max-height: 42em; box-shadow: none;
      justify-self: stretch; }
    @media NARROW { dialog.panel { position: fixed; inset: var(--from, 0) 0 auto; width: 100%;
      height: var(--seen, 100%); max-height: none; border: solid var(--card); border-radius: 0;
      border-width: var(--top) var(--right) var(--bottom) var(--left); } }
    @media (forced-colors: active) { [aria-pressed="true"] { border: 2px solid Highlight; }
      .asked { border-color: currentColor; } mark { background: Mark; color: MarkText; } }
    @media print { :host { display: none !important; } }`;
  const NARROW = "(width < 480px), (height < 480px)";

  const ICONS = {
    chat: "M4 5h16v11H11l-5 4v-4H4z",
    close: "M6 6l12 12M18 6L6 18",
    clear: "M5 12a7 7 0 1 0 2-5L5 9V4.500M5 9h4.500",
    thumb: "M4 10h3v10H4zM7 11l4-7c2 0 2 1 2 2v4h6c1 0 2 1 1 2l-2 7c0 1-1 1-2 1H7",
  };

  const script = document.currentScript ?? document.querySelector('script[src*="embed.js"]');
  const data = { ...script.dataset };
  const inline = Boolean(data.target);
  const home = new URL(".", script.src);
  const base = new URL((data.site || ".").replace(/\/*$/, "/"), home);

  // Loaded twice it is shown once; no global is made.
  const shown = (document[Symbol.for("portello")] ??= new Set());
  const key = `portello ${base} ${data.target}`;
  if (shown.has(key)) {
    return;
  }
  shown.add(key);

  let pageLanguage, column;
  const say = (word) => script.getAttribute(`data-text-${word}`) ?? WORDS[word][column];

  let served = base.href === home.href ? GIVEN : null;
  const about = (what) => data[what] ?? served?.[what] ?? "";

  const make = (tag, className, ...content) => {
    const element = document.createElement(tag);
    element.className = className;
    element.append(...content);
    return element;
  };

  // Words of corpus or visitor, in the language of the page.
  const told = (tag, className, ...content) =>
    Object.assign(make(tag, className, ...content), { lang: pageLanguage });

  const icon = (name) => {
    const [svg, path] = ["svg", "path"].map((tag) =>
      document.createElementNS("http://www.w3.org/2000/svg", tag));
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.ariaHidden = "true";
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  };

  const button = (className, content, act, label = "") => {
    const made = make("button", className, content);
    if (label) {
      made.ariaLabel = made.title = label;
    }
    made.addEventListener("click", act);
    return made;
  };

  const link = (href, text) => {
    const made = make("a", "", text);
    return Object.assign(made, { href, target: "_blank", rel: "noopener nofollow" });
  };

  // The page's address with the words (of a long text the first and last) to scroll to and mark.
  const sentence = (url, text) => {
    const plain = text.replace(/\[(.+?)\]\(.*?\)|[*_`#]|^\s*[-+] /gm, "$1");
    const parts = plain.split(/[\n|]/).map((part) => part.trim()).filter(Boolean);
    if (!parts[0] || !("fragmentDirective" in document)) {
      return url;
    }
    const some = (part, from, to) =>
      encodeURIComponent(part.split(/\s+/).slice(from, to).join(" ")).replaceAll("-", "%2D");
    const range = parts[1] || parts[0].length > 80;
    const words = range ? `${some(parts[0], 0, 4)},${some(parts.at(-1), -4)}` : some(parts[0], 0);
    return `${url}${url.includes("#") ? "" : "#"}:~:text=${words}`;
  };

  // Offsets count characters as Python does.
  const cut = ({ snippet, highlight: [start, end] }) => {
    const all = [...snippet];
    return [all.slice(0, start), all.slice(start, end), all.slice(end)].map((part) => part.join(""));
  };

  const where = (source) => {
    const path = [...new Set([source.title, ...source.section.slice(-1)])].join(" › ");
    const linked = /^https?:/i.test(source.url);
    return make("p", "where quiet", make("strong", "", say("source")),
      told("span", "", linked ? link(sentence(source.url, cut(source)[1]), path) : path));
  };

  const cells = (line) => line.trim().slice(1, -1).split(/(?<!\\)\|/);

  // A text that is a Markdown table as a table; nothing of any other text.
  const tabled = (whole, marked) => {
    const lines = whole.split("\n").filter((line) => line.trim());
    if (lines.length < 3 || !lines.every((line) => /^\s*\|.*\|\s*$/.test(line))) return;
    lines.splice(1, 1); // the rule under the header
    const cell = (line, row) => (text) =>
      make(row ? "td" : "th", "", marked.includes(line) ? make("mark", "", text) : text);
    const rows = lines.map((line, row) => make("tr", "", ...cells(line).map(cell(line, row))));
    return told("table", "quiet", ...rows);
  };

  const quoted = (source) => {
    const [before, answer, after] = cut(source);
    return tabled(source.snippet, answer)
      || told("blockquote", "quiet", before, make("mark", "", answer), after);
  };

  const said = ({ answer, cells: pairs }) => tabled(answer, "")
    || told("p", "said", pairs.length ? pairs.map((pair) => pair.join(": ")).join(" · ") : answer);

  // Addresses and numbers can be tapped; hours, dates and years are no numbers.
  const TAPPED = /(https?:\/\/\S*[\w/]|[\w.+-]+@[\w.-]+\w|(?<!\w)[\d+(][\d ().:/–-]{5,}\d)/;
  const HOURS = /^\(?\d?\d([.:]\d\d(?![\d.])| ?[-–] ?\d?\d(?! \d\d \d\d)(?![\d-]))/;
  const DATES = /^\(?(\d?\d([./-])\d?\d\2(\d\d){1,2}(?![\d./-])|\d{4}-\d\d-|(19|20)\d\d[ /–-]+20\d\d)/;
  const NUMBER = /^([+(0]|(\d\d?[ -])?\d{3}|\d\d( \d\d){3})/;

  const reached = (part) => {
    if (/^http|@/.test(part)) {
      return part.startsWith("http") ? part : `mailto:${part}`;
    }
    const number = NUMBER.test(part) && !HOURS.test(part) && !DATES.test(part);
    return number && `tel:${part.replace(/(?<=.)\(0\)|[^\d+]/g, "")}`;
  };

  const contact = () =>
    told("p", "", ...about("contact").split(TAPPED).map((part, number) => {
      const href = number % 2 && reached(part);
      return href ? link(href, part) : part;
    }));

  const tell = (type, detail) => window.dispatchEvent(
    new CustomEvent(`portello:${type}`, { detail: { site: base.href, ...detail } }));

  const send = async (path, body) => {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), 30000);
    try {
      const response = await fetch(new URL(path, base), {
        method: body ? "POST" : "GET",
        headers: body && { "Content-Type": "application/json" },
        body: body && JSON.stringify(body),
        credentials: "omit",
        signal: stop.signal,
      });
      if (!response.ok) {
        throw response;
      }
      return await response.json();
    } finally {
      clearTimeout(late);
    }
  };

  let talk; // question, reply, and whether it was asked as if nothing had come before
  let history = []; // what a follow-up may refer to
  let round = 0; // a reply to an earlier one comes too late
  let busy = false;
  let signs = [];

  const root = make("div", "root");
  const launcher = button("launcher", icon("chat"), () => open());
  const name = make("h2", "");
  const log = make("div", "log");
  const status = make("p", "status quiet");
  const field = make("input", "");
  const panel = make(inline ? "section" : "dialog", "panel");
  const narrow = window.matchMedia(NARROW);
  const view = window.visualViewport;

  const build = () => {
    name.id = "name";
    Object.assign(log, { role: "log", tabIndex: 0 });
    status.role = "status";
    Object.assign(field, {
      ariaLabel: say("launch"),
      placeholder: say("launch"),
      autocomplete: "off",
      enterKeyHint: "send",
      maxLength: served?.longest ?? 1000,
    });
    const top = make("div", "top", name, button("", icon("clear"), clear, say("clear")));
    const form = make("form", "", field, make("button", "send", say("send")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(field.value);
    });
    panel.append(top, log, status, form);
    [panel, log].forEach((part) => part.setAttribute("aria-labelledby", "name"));
    if (inline) {
      ["focusin", "click"].map((type) => panel.addEventListener(type, () => talk ?? begin(), true));
    } else {
      top.append(button("", icon("close"), () => panel.close(), say("close")));
      panel.addEventListener("close", closed);
      panel.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.isComposing) {
          event.preventDefault();
          panel.close();
        }
      });
    }
    greet();
    root.append(panel);
  };

  const open = () => {
    if (!panel.isConnected) {
      build();
    }
    turn(true);
    show();
    begin();
  };

  // Where it fills the screen, nothing behind is reached.
  const show = () => {
    panel[narrow.matches ? "showModal" : "show"]();
    start();
    fit();
  };

  // By touch, a keyboard would cover what there is to read.
  const start = () =>
    (window.matchMedia("(pointer: coarse)").matches ? log : field).focus({ preventScroll: true });

  const turn = (isOpen) => {
    launcher.hidden = isOpen;
    launcher.ariaExpanded = String(isOpen);
  };

  const closed = () => {
    if (!panel.open) {
      turn(false);
      fit();
      launcher.focus({ preventScroll: true });
    }
  };

  // What a phone's keyboard leaves to be seen, unless the visitor has zoomed in.
  const fit = () => {
    if (!panel.open || view.scale < 1.01) {
      root.style.setProperty("--seen", panel.open ? `${view.height}px` : "");
      root.style.setProperty("--from", panel.open ? `${view.offsetTop}px` : "");
    }
  };

  const greet = () => {
    name.textContent = about("name") || say("launch");
    log.firstChild?.remove();
    const starters = data.starters?.split("|") ?? served?.suggestions ?? [];
    log.prepend(make("div", "reply", make("p", "", say("hello")), options(starters)));
  };

  // Only now is storage read and the server asked.
  const begin = async () => {
    tell("open", { inline });
    if (!talk) {
      talk = [];
      stored((storage) => {
        for (const [question, reply, alone] of JSON.parse(storage.getItem(key)) ?? []) {
          log.append(bubble(question), answered(question, reply));
          history = [...(alone ? [] : history), question];
          talk.push([question, reply, alone]);
        }
        log.scrollTop = log.scrollHeight;
      });
    }
    if (!served && !["name", "contact", "starters"].every((each) => each in data)) {
      try {
        served = await send("api/suggestions");
        greet();
      } catch {
        // The next opening tries again.
      }
    }
  };

  const stored = (act) => {
    try {
      if (data.keep === "session") {
        act(sessionStorage);
      }
    } catch {
      // Blocked by the browser.
    }
  };

  const clear = () => {
    round += 1;
    talk = [];
    history = [];
    stored((storage) => storage.removeItem(key));
    rest();
    log.replaceChildren();
    greet();
    start();
  };

  const rest = () => {
    signs.forEach(clearTimeout);
    status.textContent = "";
    log.ariaBusy = String((busy = false));
  };

  const ask = async (text, earlier = history) => {
    const question = text.trim();
    if (!question || busy) {
      return;
    }
    const mine = (round += 1);
    const began = performance.now();
    const asked = bubble(question);
    rest();
    log.ariaBusy = String((busy = true));
    log.append(asked);
    if (field.value.trim() === question) {
      field.value = "";
    }
    showFrom(asked);
    signs = [[400, "…"], [6000, say("slow")]].map(([after, sign]) =>
      setTimeout(() => (status.textContent = sign), after));
    let shown;
    try {
      const reply = await send("api/ask", { question, history: earlier });
      if (mine !== round) {
        return;
      }
      shown = answered(question, reply);
      history = [...earlier, question].slice(-20);
      talk = [...talk, [question, reply, !earlier.length]].slice(-20);
      stored((storage) => storage.setItem(key, JSON.stringify(talk)));
      tell("answer", {
        outcome: reply.outcome,
        confidence: reply.confidence,
        source: reply.source?.id ?? null,
        reply_id: reply.reply_id,
        milliseconds: Math.round(performance.now() - began),
        ...(data.events === "text" && { question, answer: reply.answer }),
      });
    } catch (error) {
      if (mine !== round) {
        return;
      }
      field.value ||= question;
      shown = trouble(error.status, () => {
        log.focus({ preventScroll: true });
        asked.remove();
        shown.remove();
        ask(question, earlier);
      });
    }
    rest();
    log.append(shown);
    showFrom(asked);
  };

  const bubble = (question) => told("div", "asked", question);

  // The answer is read from the beginning.
  const showFrom = (element) => {
    log.scrollTop += element.getBoundingClientRect().top - log.getBoundingClientRect().top - 12;
  };

  const trouble = (code, again) => {
    const why = { 413: "long", 429: "busy", 503: "busy" }[code] ?? "down";
    const retry = code === 413 ? [] : [button("", say("retry"), again)];
    return make("div", "reply", make("p", "", `${say(why)} ${say("kept")}`), contact(),
      make("div", "options", ...retry));
  };

  const options = (questions) => make("div", "options", ...questions.map((question) =>
    button("", told("span", "", question), () => ask(question))));

  const answered = (question, reply) => {
    const made = make("div", "reply");
    const missing = reply.not_in_sources.length
      ? `${say("missing")} ${reply.not_in_sources.map((word) => `“${word}”`).join(", ")}.`
      : "";
    if (reply.understood_as) {
      made.append(
        make("p", "quiet", `${say("understood")} `, told("q", "", reply.understood_as)),
        make("div", "options", button("", say("undo"), () => ask(question, []))),
      );
    }
    if (reply.answer === null) {
      made.append(make("p", "said", say("unknown")), make("p", "", missing), contact());
    } else {
      if (reply.outcome === "closest") {
        made.append(make("p", "flag", make("strong", "", say("closest")), ` ${missing}`));
      }
      made.append(said(reply));
    }
    if (reply.source && reply.outcome !== "smalltalk") {
      made.append(make("div", "source", where(reply.source), quoted(reply.source)));
    }
    if (reply.alternatives.length) {
      const others = reply.alternatives.map((other) =>
        make("li", "", told("strong", "", other.question ?? ""), said(other), where(other.source)));
      const differ = reply.sources_differ;
      const more = make("details", "",
        make("summary", "quiet", `${say(differ ? "differ" : "more")} (${others.length})`),
        make("ul", "", ...others));
      more.open = differ;
      made.append(more);
    }
    const meant = reply.did_you_mean.length > 0;
    const next = meant ? reply.did_you_mean : reply.suggestions;
    if (next.length) {
      made.append(make("p", "quiet", say(meant ? "meant" : "next")), options(next));
    }
    if (reply.outcome !== "smalltalk") {
      made.append(thumbs(reply.reply_id));
    }
    return made;
  };

  const thumbs = (reply_id) => {
    const both = [true, false].map((helpful) => {
      const thumb = button("thumb", icon("thumb"), async () => {
        try {
          await send("api/feedback", { reply_id, helpful });
          both.forEach((one) => (one.ariaPressed = String(one === thumb)));
        } catch {
          status.textContent = say("down");
        }
      }, say(helpful ? "yes" : "no"));
      thumb.ariaPressed = "false";
      return thumb;
    });
    return make("div", "thumbs", ...both);
  };

  const host = document.createElement("portello-chat");
  Object.assign(host.dataset, data);
  const shadow = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  const byTheme = { light: "", dark: DARK };
  const dark = byTheme[data.theme] ?? `@media (prefers-color-scheme: dark) { ${DARK} }`;
  sheet.replaceSync(STYLE.replace("DARK", dark).replace("NARROW", NARROW));
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(root);
  // Not to set off the page's shortcuts.
  for (const type of ["keydown", "keypress", "keyup", "input"]) {
    shadow.addEventListener(type, (event) => event.stopPropagation());
  }

  // Once the page is read, and whenever it has thrown the widget out.
  const place = () => {
    const into = inline ? document.querySelector(data.target) : document.body;
    if (host.isConnected || !into || document.readyState === "loading") {
      return;
    }
    if (!pageLanguage) {
      pageLanguage = into.closest("[lang]")?.lang || "en";
      const language = (data.lang || pageLanguage).toLowerCase().split("-")[0];
      column = Math.max(0, WORDS.language.indexOf(language));
      root.lang = WORDS.language[column];
      root.dir = getComputedStyle(into).direction;
      if (inline) {
        build();
      } else {
        launcher.append(say("launch"));
        launcher.ariaHasPopup = "dialog";
        turn(false);
        root.append(launcher);
      }
    }
    into.append(host);
    if (!inline) {
      // Above all else, whatever befalls the body.
      host.popover = "manual";
      host.showPopover?.();
    }
  };
  place();
  document.addEventListener("DOMContentLoaded", place);
  ["resize", "scroll"].map((type) => view.addEventListener(type, fit));
  narrow.addEventListener("change", () => panel.open && (panel.close(), show()));
  new MutationObserver(() => host.isConnected || requestAnimationFrame(place)).observe(document, {
    childList: true,
    subtree: true,
  });
  window.addEventListener("load", () =>
    pageLanguage || console.warn(`Portello: nothing here matches data-target="${data.target}".`));
})();
