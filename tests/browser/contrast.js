// Returns [text, ratio] of every text in sight that contrasts with its ground by less than 4.5.
const canvas = document.createElement("canvas");
const pen = canvas.getContext("2d", { willReadFrequently: true });
canvas.width = canvas.height = 1;
const layers = (node) => {
  const found = [];
  for (let at = node; at; at = at.parentElement) found.unshift(getComputedStyle(at).backgroundColor);
  return found;
};
const painted = (colours) => {
  pen.clearRect(0, 0, 1, 1);
  for (const colour of ["#fff", ...colours]) {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
  }
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const bright = (rgb) => rgb
  .map((value) => value / 255)
  .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
  .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
const faint = [];
for (const node of document.body.querySelectorAll("*")) {
  if (node.closest("svg, script, noscript, [hidden], .skip") || !node.checkVisibility()) continue;
  const own = [...node.childNodes].filter((child) => child.nodeType === 3);
  const text = own.map((child) => child.data.trim()).join("");
  if (!text) continue;
  const grounds = layers(node);
  const [light, dark] = [painted([...grounds, getComputedStyle(node).color]), painted(grounds)]
    .map(bright).sort((a, b) => b - a);
  const ratio = (light + 0.05) / (dark + 0.05);
  if (ratio < 4.5) faint.push([text.slice(0, 40), ratio.toFixed(2), node.className]);
}
return faint;
