// Portello's widget: <script src="https://chat.example/embed.js" async></script>
// Loads nothing and keeps nothing before the visitor opens it; shows text only as text.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.customElements.get("portello-chat")) {
    return;
  }
  const base = new URL(script.dataset.site || ".", script.src);

  const styles = `
    :host { all: initial; position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483000;
      color-scheme: light dark; --accent: #9f1d33; --card: #fff; --ground: #f4f2ef; --ink: #1d1b1a;
      --quiet: #5f5a56; --line: #ddd8d2; --link: #9f1d33; --mark: #ffe9a8; --mark-ink: #2b2200; }
    * { box-sizing: border-box; font: 1rem/1.5 system-ui, sans-serif; color: inherit; }
    [hidden] { display: none !important; }
    button { border: 0; background: none; cursor: pointer; }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    .launcher, .send { border-radius: 1.75rem; background: var(--accent); color: #fff;
      font-weight: 600; min-height: 2.75rem; padding: 0 1.25rem; }
    .launcher { min-height: 3.5rem; box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
    .panel { display: flex; flex-direction: column; width: min(24rem, calc(100vw - 2rem));
      height: min(38rem, calc(100dvh - 2rem)); overflow: hidden; border-radius: 1rem;
      border: 1px solid var(--line); background: var(--ground); color: var(--ink);
      box-shadow: 0 8px 32px rgb(0 0 0 / 25%); }
    .top { display: flex; align-items: center; justify-content: space-between;
      padding: 0.5rem 0.5rem 0.5rem 1rem; border-bottom: 1px solid var(--line); }
    .top h2 { margin: 0; font-weight: 700; }
    .close { width: 2.75rem; height: 2.75rem; font-size: 1.5rem; border-radius: 50%; }
    .log { flex: 1; overflow-y: auto; padding: 0.75rem; }
    .log > * { width: fit-content; max-width: 100%; margin: 0 0 0.6rem; border-radius: 0.9rem;
      padding: 0.6rem 0.9rem; overflow-wrap: anywhere; }
    .asked { margin-left: auto; max-width: 85%; background: var(--accent); color: #fff; }
    .reply { background: var(--card); border: 1px solid var(--line); }
    .reply p { margin: 0 0 0.5rem; }
    .reply .said { font-weight: 500; white-space: pre-line; }
    .reply .quiet, blockquote, .where { color: var(--quiet); font-size: 0.875rem; }
    blockquote { margin: 0.4rem 0; border-left: 3px solid var(--line); padding-left: 0.7rem;
      white-space: pre-line; }
    mark { background: var(--mark); color: var(--mark-ink); border-radius: 0.2rem; font: inherit; }
    a { color: var(--link); font-size: inherit; }
    .next { border: 1px solid var(--link); border-radius: 1.25rem; color: var(--link);
      min-height: 2.75rem; margin: 0.25rem 0.25rem 0 0; padding: 0.3rem 0.9rem; text-align: start; }
    .thumb { min-width: 2.75rem; min-height: 2.75rem; border-radius: 50%; }
    .thumb[aria-pressed="true"] { background: var(--line); }
    form { display: flex; gap: 0.5rem; padding: 0.6rem; border-top: 1px solid var(--line); }
    input { flex: 1; min-width: 0; min-height: 2.75rem; border: 1px solid var(--line);
      border-radius: 1.4rem; padding: 0 1rem; background: var(--card); }
    @media (prefers-color-scheme: dark) { :host { --accent: #c22c48; --card: #1f1f21;
      --ground: #141415; --ink: #f1efec; --quiet: #b3ada7; --line: #39383a; --link: #ff9cac;
      --mark: #5c4a12; --mark-ink: #fff3cf; } }
    @media (max-width: 30rem) { .panel { position: fixed; inset: 0; width: 100%; height: 100dvh;
      border: 0; border-radius: 0; } }`;

  const make = (tag, className, ...content) => {
    const element = document.createElement(tag);
    element.className = className;
    element.append(...content);
    return element;
  };

  const post = async (path, body) => {
    const response = await fetch(new URL(path, base), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
    });
    const answer = await response.json();
    if (!response.ok) {
      throw new Error(answer.error);
    }
    return answer;
  };

  const said = ({ answer, cells }) =>
    cells.length ? cells.map(([header, value]) => `${header}: ${value}`).join(" · ") : answer;

  const where = (source) => {
    const path = [source.title, ...source.section].join(" › ");
    if (!/^https?:\/\//i.test(source.url || "")) {
      return make("p", "where", path);
    }
    const link = make("a", "", path);
    link.href = source.url;
    link.target = "_blank";
    link.rel = "noopener nofollow";
    return make("p", "where", link);
  };

  const snippet = ({ snippet: text, highlight: [start, end] }) => {
    // Offsets count characters as Python does, not JavaScript's half characters.
    const characters = [...text];
    const part = (from, to) => characters.slice(from, to).join("");
    const mark = make("mark", "", part(start, end));
    return make("blockquote", "", part(0, start), mark, part(end));
  };

  const missing = (reply) =>
    reply.not_in_sources.length
      ? `Not mentioned in the sources: ${reply.not_in_sources.join(", ")}.`
      : "";

  class Chat extends HTMLElement {
    #root = this.attachShadow({ mode: "closed" });
    #launcher;
    #panel;
    #name;
    #log;
    #input;
    #history = [];
    #site = null;

    connectedCallback() {
      if (this.#root.firstChild) {
        return;
      }
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
      this.#root.adoptedStyleSheets = [sheet];
      this.#launcher = make("button", "launcher", "Ask a question");
      this.#launcher.setAttribute("aria-expanded", "false");
      this.#launcher.addEventListener("click", () => this.#open());
      this.#root.append(this.#launcher);
    }

    #build() {
      const close = make("button", "close", "×");
      close.setAttribute("aria-label", "Close");
      close.addEventListener("click", () => this.#close());
      this.#name = make("h2", "", "Questions");
      this.#log = make("div", "log");
      this.#log.setAttribute("role", "log");
      this.#log.tabIndex = 0;
      this.#log.setAttribute("aria-label", "Conversation");
      this.#input = make("input", "");
      this.#input.placeholder = "Ask a question";
      this.#input.setAttribute("aria-label", "Your question");
      this.#input.maxLength = 1000;
      const form = make("form", "", this.#input, make("button", "send", "Ask"));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#ask(this.#input.value);
      });
      this.#panel = make("div", "panel", make("div", "top", this.#name, close), this.#log, form);
      this.#panel.setAttribute("role", "dialog");
      this.#panel.setAttribute("aria-label", "Questions and answers");
      this.#panel.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
          this.#close();
        }
      });
      this.#root.append(this.#panel);
    }

    async #open() {
      if (!this.#panel) {
        this.#build();
      }
      this.#panel.hidden = false;
      this.#launcher.hidden = true;
      this.#launcher.setAttribute("aria-expanded", "true");
      this.#input.focus();
      if (!this.#site) {
        await this.#greet();
      }
    }

    #close() {
      this.#panel.hidden = true;
      this.#launcher.hidden = false;
      this.#launcher.setAttribute("aria-expanded", "false");
      this.#launcher.focus();
    }

    async #greet() {
      try {
        const response = await fetch(new URL("api/suggestions", base), { credentials: "omit" });
        if (response.ok && !this.#site) {
          this.#site = await response.json();
          this.#name.textContent = this.#site.name;
          const hello = make("p", "", "Hello! Answers come word for word from our own pages.");
          this.#log.prepend(make("div", "reply", hello, ...this.#next(this.#site.suggestions)));
        }
      } catch {
        // Nothing to start with; the visitor can still ask.
      }
    }

    #next(questions) {
      return questions.map((question) => {
        const button = make("button", "next", question);
        button.addEventListener("click", () => this.#ask(question));
        return button;
      });
    }

    async #ask(question) {
      if (!question.trim() || this.#log.ariaBusy === "true") {
        return;
      }
      const asked = make("div", "asked", question);
      this.#log.append(asked);
      this.#log.ariaBusy = "true";
      try {
        const reply = await post("api/ask", { question, history: this.#history });
        this.#history = [...this.#history, question].slice(-20);
        this.#input.value = "";
        this.#log.append(this.#shown(reply));
      } catch (error) {
        const sorry = error instanceof TypeError ? "The server can't be reached." : error.message;
        this.#input.value = question;
        this.#log.append(make("div", "reply", make("p", "", sorry), this.#contact()));
      }
      this.#log.ariaBusy = "false";
      const down = asked.getBoundingClientRect().top - this.#log.getBoundingClientRect().top;
      this.#log.scrollTop += down - 8;
    }

    #contact() {
      return make("p", "quiet", this.#site ? this.#site.contact : "");
    }

    #shown(reply) {
      const shown = make("div", "reply");
      if (reply.understood_as) {
        shown.append(make("p", "quiet", `Understood as: “${reply.understood_as}”`));
      }
      if (reply.outcome === "abstain") {
        shown.append(make("p", "said", "I don’t know that one."), this.#contact());
      } else if (reply.outcome === "closest") {
        shown.append(make("p", "quiet", "The closest I have."));
      }
      if (reply.not_in_sources.length) {
        shown.append(make("p", "quiet", missing(reply)));
      }
      if (reply.answer !== null) {
        shown.append(make("p", "said", said(reply)));
      }
      if (reply.source && reply.outcome !== "smalltalk") {
        shown.append(where(reply.source), snippet(reply.source));
      }
      if (reply.alternatives.length) {
        const more = reply.alternatives.map((other) =>
          make("div", "", make("p", "said", said(other)), where(other.source)));
        shown.append(make("details", "", make("summary", "quiet", "Other passages"), ...more));
      }
      const next = reply.did_you_mean.length ? reply.did_you_mean : reply.suggestions;
      shown.append(...this.#next(next));
      if (reply.outcome !== "smalltalk") {
        shown.append(this.#thumbs(reply.reply_id));
      }
      return shown;
    }

    #thumbs(reply_id) {
      const thumb = (sign, name, helpful) => {
        const button = make("button", "thumb", sign);
        button.setAttribute("aria-label", name);
        button.setAttribute("aria-pressed", "false");
        button.addEventListener("click", async () => {
          try {
            await post("api/feedback", { reply_id, helpful });
            for (const other of button.parentNode.children) {
              other.setAttribute("aria-pressed", String(other === button));
            }
          } catch {
            button.disabled = true;
          }
        });
        return button;
      };
      const up = thumb("👍", "This helped", true);
      return make("div", "", up, thumb("👎", "This didn’t help", false));
    }
  }
  window.customElements.define("portello-chat", Chat);

  const show = () => document.body.append(document.createElement("portello-chat"));
  if (document.body) {
    show();
  } else {
    document.addEventListener("DOMContentLoaded", show);
  }
})();
