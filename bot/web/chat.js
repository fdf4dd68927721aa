// What Gradio's chat has no setting for: names for screen readers, and where to look after a reply.
(() => {
  "use strict";
  const names = { Like: "This helped", Dislike: "This didn't help", Clear: "Start again" };

  const rename = (talk) => {
    // Gradio labels a message with its HTML source; without the label its text is read.
    for (const message of talk.querySelectorAll("[data-testid][aria-label]")) {
      message.removeAttribute("aria-label");
    }
    for (const button of talk.querySelectorAll("button[aria-label]")) {
      const name = names[button.getAttribute("aria-label")];
      if (name) {
        button.setAttribute("aria-label", name);
        button.title = name;
      }
    }
  };

  let turns = 0;
  const showLast = (talk) => {
    const asked = talk.querySelectorAll(".user-row");
    if (asked.length > turns) {
      // The question at the top, so that the answer under it is read from its beginning; once the
      // reply is laid out, which takes Gradio some moments more.
      const last = asked[asked.length - 1];
      const scroll = () => {
        const view = last.closest("[role=log]");
        if (view) {
          const down = last.getBoundingClientRect().top - view.getBoundingClientRect().top;
          view.scrollTop += down - 8;
        }
      };
      for (const wait of [0, 60, 200]) {
        setTimeout(scroll, wait);
      }
    }
    turns = asked.length;
  };

  const tend = () => {
    const talk = document.getElementById("talk");
    if (talk) {
      rename(talk);
      showLast(talk);
    }
  };
  new MutationObserver(tend).observe(document, { childList: true, subtree: true });
})();
