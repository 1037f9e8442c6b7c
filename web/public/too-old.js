// For browsers that cannot even read the page's own scripts, whose checks never run there (ui/browser-support.ts).
// Loaded as it is, so in the language of 2015.
// cspell:disable
(() => {
  const texts = {
    en: "This browser is too old for this page. Update it, or open this page in another browser.",
    de: "Dieser Browser ist zu alt für diese Seite. Aktualisieren Sie ihn, oder öffnen Sie die Seite in einem anderen.",
    ar: "هذا المتصفح قديم جدًا لهذه الصفحة. حدّثه أو افتح الصفحة في متصفح آخر.",
  };
  let isSaid = false;
  const say = () => {
    const page = document.getElementById("page");
    if (isSaid || page === null) return;
    isSaid = true;
    const main = document.createElement("main");
    main.className = "unsupported";
    const sentence = document.createElement("p");
    sentence.setAttribute("role", "alert");
    sentence.textContent = texts[(navigator.language || "en").slice(0, 2)] || texts.en;
    main.appendChild(sentence);
    page.insertBefore(main, page.firstChild);
  };
  addEventListener("error", (event) => {
    if (event instanceof ErrorEvent && /SyntaxError/i.test(event.message)) say();
  });
  if (!("noModule" in HTMLScriptElement.prototype)) addEventListener("load", say);
})();
