"use strict";

const drop = document.getElementById("drop");
const files = document.getElementById("files");
const status = document.getElementById("status");
const results = document.getElementById("results");
const percent = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

const element = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

async function showModel() {
  const response = await fetch("model");
  if (!response.ok) return;
  const model = await response.json();
  const some = model.labels.slice(0, 8).join(", ");
  document.getElementById("about").textContent =
    `The model knows ${model.labels.length} classes: ${some}${model.labels.length > 8 ? ` and ${model.labels.length - 8} more` : ""}. ` +
    `Validation accuracy ${percent.format(model.validationAccuracy)}.`;
}

function card(file) {
  const item = element("li");
  const picture = element("img");
  picture.alt = file.name;
  picture.src = URL.createObjectURL(file);
  picture.onload = () => URL.revokeObjectURL(picture.src);
  picture.onerror = () => picture.remove();
  const body = element("div", "body");
  body.append(element("div", "name", file.name));
  item.append(picture, body);
  results.prepend(item);
  return body;
}

function show(body, result) {
  if (result.error) {
    body.append(element("div", "error", result.error));
    return;
  }
  body.append(element("div", "label", result.label ?? "none of the known classes"));
  const table = element("table");
  for (const { label, probability } of result.classes) {
    const row = table.insertRow();
    row.insertCell().textContent = label;
    row.insertCell().textContent = percent.format(probability);
    const meter = element("meter");
    meter.value = probability;
    meter.setAttribute("aria-hidden", "true");
    table.insertRow().append(Object.assign(element("td"), { colSpan: 2 }));
    table.rows[table.rows.length - 1].cells[0].append(meter);
  }
  body.append(table);
}

async function classify(list) {
  const chosen = [...list].filter(file => file instanceof File);
  if (chosen.length === 0) return;
  let done = 0;
  for (const file of chosen) {
    status.textContent = `Classifying ${done + 1} of ${chosen.length} ...`;
    const body = card(file);
    const form = new FormData();
    form.append("images", file, file.name);
    try {
      const response = await fetch("classify", { method: "POST", body: form });
      const answer = await response.json();
      show(body, response.ok ? answer.results[0] : { error: answer.detail ?? answer.title });
    } catch {
      show(body, { error: "The server didn't answer." });
    }
    done++;
  }
  status.textContent = `${done} ${done === 1 ? "picture" : "pictures"} classified.`;
}

files.addEventListener("change", () => { classify(files.files); });
document.addEventListener("paste", event => { classify(event.clipboardData.files); });
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, event => { event.preventDefault(); drop.classList.add("over"); });
}
for (const name of ["dragleave", "drop"]) {
  drop.addEventListener(name, () => drop.classList.remove("over"));
}
drop.addEventListener("drop", event => { event.preventDefault(); classify(event.dataTransfer.files); });
// A picture dropped beside the field must not replace the page.
for (const name of ["dragover", "drop"]) {
  window.addEventListener(name, event => event.preventDefault());
}

showModel();
