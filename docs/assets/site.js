// What the theme leaves out for those who use a keyboard or a screen reader.
document$.subscribe(() => {
  document.querySelector("[data-md-component=search]")?.setAttribute("aria-label", "Search");
  for (const element of document.querySelectorAll(".md-typeset pre > code, .md-typeset__table")) {
    element.tabIndex = 0;
  }
  document.querySelectorAll(".md-code__nav").forEach((element, index) => {
    element.setAttribute("aria-label", `Code block ${index + 1}`);
  });
});
