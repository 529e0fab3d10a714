// Comfort only: every page works without this file.
// Skjul blanks the page before the server has answered, and leaves no page behind in the tab's history.
const hide = document.querySelector("form[data-hide]");
hide?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { action, dataset } = hide;
  const body = new URLSearchParams(new FormData(hide));
  document.title = "";
  document.body.replaceChildren();
  // Without a network the session ends by itself; what must happen here and now is that the page is gone.
  await fetch(action, { method: "POST", body, redirect: "manual", keepalive: true }).finally(() => location.replace(dataset.hide));
});

// A page of hers that is left open is taken away when the session has run out.
const idle = Number(document.body.dataset.idleSeconds);
if (idle) {
  let timer;
  const restart = () => {
    clearTimeout(timer);
    timer = setTimeout(() => location.replace("/utlogget"), idle * 1000);
  };
  restart();
  // The back button never shows a stored copy of a page of hers.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}
