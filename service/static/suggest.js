// Suggestions under a search box: a combobox with a listbox (WAI-ARIA 1.2). Without JavaScript the box still searches.

const PAUSE = 120; // ms after the last key before a request

const make = (name, attributes, ...children) => {
  const made = document.createElement(name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  made.append(...children);
  return made;
};

for (const input of document.querySelectorAll("[data-suggest]")) {
  const id = input.id + "-suggestions";
  const list = make("ul", { id, role: "listbox", class: "suggestions", "aria-label": "Suggestions", hidden: "" });
  let active = -1, timer, asked, typed = input.value;

  const choose = (place) => {
    list.children[active]?.setAttribute("aria-selected", false);
    active = place;
    const option = list.children[active];
    option?.setAttribute("aria-selected", true);
    option?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option?.id ?? "");
  };

  const show = (texts, notes, urls) => {
    choose(-1);
    list.replaceChildren(...texts.map((text, place) => {
      const option = make("li", { id: `${id}-${place}`, role: "option", "aria-selected": false },
        make("span", { dir: "auto" }, text), " ", make("span", { class: "count" }, notes[place]));
      option.onclick = () => take(text, new URL(urls[place]));
      return option;
    }));
    list.hidden = !texts.length;
    input.setAttribute("aria-expanded", !list.hidden);
  };

  const stop = () => {
    clearTimeout(timer);
    asked?.abort();
  };
  const close = () => { stop(); show([]); };

  const take = (text, url) => {
    close();
    if (!url.searchParams.has("q")) return location.assign(url.pathname + url.search);
    input.value = typed = text;
    input.form.requestSubmit(); // with the filters of the form
  };

  const ask = async () => {
    asked = new AbortController();
    try {
      const answer = await fetch(input.dataset.suggest + encodeURIComponent(typed), { signal: asked.signal });
      if (answer.ok) show(...(await answer.json()).slice(1));
    } catch { /* aborted by more typing, or offline */ }
  };

  input.oninput = () => {
    if (input.value === typed) return;
    typed = input.value;
    stop();
    if (typed.trim()) timer = setTimeout(ask, PAUSE);
    else close();
  };

  input.onkeydown = (event) => {
    const count = list.children.length;
    if (!count || event.isComposing) return;
    if (event.key === "ArrowDown") choose(active + 1 < count ? active + 1 : -1);
    else if (event.key === "ArrowUp") choose((active < 0 ? count : active) - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && active >= 0) list.children[active].click();
    else return;
    event.preventDefault();
  };

  input.onblur = close;
  list.onpointerdown = (event) => event.preventDefault(); // the box keeps the focus
  for (const [key, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", id]])
    input.setAttribute(key, value);
  input.parentElement.append(list);
  close();
}
