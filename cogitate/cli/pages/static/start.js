// Puts the page of the data into the document.

const PAGE = { town: townPage, roleplay: roleplayPage }[DATA.kind](DATA);
document.getElementById("app").replaceWith(PAGE.node);
PAGE.begin();
