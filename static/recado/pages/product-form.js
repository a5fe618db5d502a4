// What the product dialog holds: texts as typed, and their way to the API and back.
import { amount, editable, money, number } from "../format.js";

export const FIELDS = ["name", "price", "stock", "category", "sku", "description"];

export const emptyDraft = () => ({ name: "", price: "", stock: "", category: "", sku: "", description: "" });

export const draftOf = (product) => ({
  name: product.name, price: editable(product.price), stock: String(product.stock),
  category: product.category, sku: product.sku, description: product.description,
});

// {body, errors}: what the API takes, and what is plainly missing before it is asked.
export function readDraft(values) {
  const errors = {};
  const price = amount(values.price);
  const stock = values.stock.trim() === "" ? "0" : values.stock.trim();
  if (!values.name.trim()) errors.name = gettext("Ponle un nombre.");
  if (price === null) errors.price = gettext("Escribe el precio con números.");
  else if (price.startsWith("-")) errors.price = gettext("El precio no puede ser negativo.");
  else if (/\.\d{3,}/.test(price)) errors.price = gettext("Usa hasta dos decimales.");
  if (!/^\d{1,9}$/.test(stock)) errors.stock = gettext("Un número entero, de 0 en adelante.");
  const body = {
    name: values.name.trim(), price: price === null ? "" : Number(price).toFixed(2), stock: Number(stock),
    category: values.category.trim(), sku: values.sku.trim(), description: values.description,
  };
  return { body, errors };
}

// What became of the person's edit when the product was changed meanwhile: the texts for the form, with everything
// that the person left alone as it now is, and where both changed the same: [{field, label, mine, theirs}].
export function merge({ values, before, current }) {
  const mine = readDraft(values).body, old = readDraft(before).body, theirs = readDraft(draftOf(current)).body;
  const touched = (field) => mine[field] !== old[field];
  const write = (field, value) => (field === "price" ? money(value) : field === "stock" ? number(value) : value || "—");
  const labels = {
    name: gettext("Nombre"), price: gettext("Precio"), stock: gettext("Existencias"), category: gettext("Categoría"),
    sku: gettext("SKU"), description: gettext("Descripción"), active: gettext("Estado"),
  };
  const conflicts = FIELDS.filter((field) => touched(field) && theirs[field] !== old[field] && theirs[field] !== mine[field])
    .map((field) => ({ field, label: labels[field], mine: write(field, mine[field]), theirs: write(field, theirs[field]) }));
  if (!current.active) conflicts.push({ field: "active", label: labels.active, mine: gettext("a la venta"), theirs: gettext("borrado") });
  const fresh = draftOf(current);
  return { values: Object.fromEntries(FIELDS.map((field) => [field, touched(field) ? values[field] : fresh[field]])), conflicts };
}
