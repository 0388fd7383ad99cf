"use strict";
/* Search and sorting; without this the page has everything but these two. Loads nothing, keeps nothing. */
document.querySelectorAll("table[data-rows]").forEach(function (table) {
  var body = table.tBodies[0], rows = Array.from(body.rows), where = table.parentNode;
  var box = document.createElement("div"), label = document.createElement("label"), input = document.createElement("input");
  var told = document.createElement("span"), compare = new Intl.Collator(undefined, { numeric: true }).compare;
  function show() {
    var words = input.value.toLowerCase().split(/\s+/), n = 0;
    rows.forEach(function (row) {
      var text = row.textContent.toLowerCase();
      row.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
      if (!row.hidden) { n++; }
    });
    told.textContent = n + " of " + rows.length + " rows";
  }
  function value(row, column) {
    var cell = row.cells[column];
    return cell.className.indexOf("q") >= 0 ? null : cell.textContent;
  }
  function sort(head, column) {
    var up = head.getAttribute("aria-sort") !== "ascending";
    table.querySelectorAll("[aria-sort]").forEach(function (other) { other.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    rows.sort(function (a, b) {
      var x = value(a, column), y = value(b, column);
      if (x === null || y === null) { return (x === null ? 1 : 0) - (y === null ? 1 : 0); }
      return up ? compare(x, y) : compare(y, x);
    });
    rows.forEach(function (row) { body.appendChild(row); });
  }
  Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
    var button = document.createElement("button");
    if (head.textContent === "") { return; }
    button.type = "button";
    button.textContent = head.textContent;
    button.title = "Sort by this column";
    button.addEventListener("click", function () { sort(head, column); });
    head.textContent = "";
    head.appendChild(button);
  });
  if (rows.length < 10) { return; }
  input.type = "search";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.id = "find-" + table.getAttribute("data-rows");
  label.htmlFor = input.id;
  label.textContent = "Search these rows";
  told.className = "q";
  told.setAttribute("role", "status");
  box.className = "find";
  box.append(label, input, told);
  where.parentNode.insertBefore(box, where);
  input.addEventListener("input", show);
  show();
});
