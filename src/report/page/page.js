"use strict";
// Search in each table of people. Without this script the tables are whole and have no search.
for (const section of document.querySelectorAll("[data-search]")) {
  const body = section.querySelector("tbody");
  const rows = Array.from(body.rows);
  const texts = rows.map((row) => Array.from(row.cells, (cell) => cell.textContent).join(" ").toLowerCase());
  const box = section.querySelector(".search");
  const input = box.querySelector("input");
  const button = box.querySelector("button");
  const status = box.querySelector("[role=status]");
  // More rows than anybody reads make each letter typed slow.
  let most = 200;
  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((_, index) => words.every((word) => texts[index].includes(word)));
    const shown = found.slice(0, most);
    body.replaceChildren(...shown);
    const first = shown.length < found.length ? ", the first " + shown.length + " shown" : "";
    status.textContent = found.length + " of " + rows.length + first;
    button.hidden = shown.length === found.length;
  };
  input.addEventListener("input", () => { most = 200; show(); });
  button.addEventListener("click", () => { most = rows.length; show(); input.focus(); });
  window.addEventListener("beforeprint", () => { most = rows.length; show(); });
  box.hidden = false;
  show();
}
