"use strict";
// Filters, and what opens and closes; the page is whole without this.
(function () {
  const form = document.getElementById("filters");
  const items = Array.from(document.querySelectorAll("details.item"));
  // A place in a drawing, or a link from elsewhere, may lead into something that is folded.
  function unfold() {
    let to = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const there = to;
    for (; to; to = to.parentElement)
      if (to.tagName === "DETAILS" || to.tagName === "SECTION") to.tagName === "DETAILS" ? to.open = true : 0;
    if (there) {
      const whole = there.querySelector && there.tagName === "SECTION" && there.querySelector("details.whole");
      if (whole) whole.open = true;
      there.scrollIntoView();
    }
  }
  addEventListener("hashchange", unfold);
  unfold();
  if (!form) return;
  form.hidden = false;
  const texts = new Map();
  function apply() {
    const data = new FormData(form);
    const words = String(data.get("text") || "").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      let fits = true;
      for (const [name, value] of data) {
        if (name === "text" || !value) continue;
        const own = item.getAttribute("data-" + name) || "";
        fits = fits && (own === value || (name === "directory" && own.startsWith(value + "/")));
      }
      if (fits && words.length) {
        if (!texts.has(item)) texts.set(item, item.firstElementChild.textContent.toLowerCase());
        fits = words.every((word) => texts.get(item).includes(word));
      }
      item.hidden = !fits;
      shown += fits;
    }
    for (const group of document.querySelectorAll("section.group"))
      group.hidden = !group.querySelector("details.item:not([hidden])");
    document.getElementById("shown").textContent = shown + " of " + items.length + " shown";
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("open").addEventListener("click", () => {
    for (const item of items) item.open = !item.hidden;
  });
  document.getElementById("close").addEventListener("click", () => {
    for (const item of items) item.open = false;
  });
})();
