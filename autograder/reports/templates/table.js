// Sort and search in the table of students. Without it everything is there, in the order of ids.
for (const table of document.querySelectorAll("table[data-sort]")) {
  const body = table.tBodies[0], rows = [...body.rows];
  const value = (row, i) => row.cells[i]?.dataset.value ?? row.cells[i]?.textContent.trim() ?? "";
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const sorted = rows.toSorted((a, b) => {
        const [x, y] = [value(a, i), value(b, i)];
        if (x === "" || y === "") return (x === "") - (y === "");
        const order = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
        return up ? order : -order;
      });
      body.append(...sorted);
    });
  });
  const label = document.createElement("label"), input = document.createElement("input");
  const count = document.createElement("span");
  input.type = "search";
  count.setAttribute("role", "status");
  label.append(table.dataset.find, " ", input);
  const line = document.createElement("p");
  line.className = "find";
  line.append(label, " ", count);
  table.parentElement.before(line);
  input.addEventListener("input", () => {
    const words = input.value.toLocaleLowerCase().split(/\s+/);
    for (const row of rows) {
      const text = row.cells[0].textContent.toLocaleLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const some = rows.filter((row) => !row.hidden).length;
    const shown = table.dataset.shown.replace("{some}", some).replace("{all}", rows.length);
    count.textContent = input.value ? shown : "";
  });
}
