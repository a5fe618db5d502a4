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

// Where what was typed differs from the product as it now is: [{field, label, mine, theirs}].
export function differences(values, current) {
  const { body } = readDraft(values);
  const labels = {
    name: gettext("Nombre"), price: gettext("Precio"), stock: gettext("Existencias"), category: gettext("Categoría"),
    sku: gettext("SKU"), description: gettext("Descripción"), active: gettext("Estado"),
  };
  const write = (field, value) => (field === "price" ? money(value) : field === "stock" ? number(value) : value || "—");
  const lines = FIELDS.filter((field) => body[field] !== current[field]).map((field) => ({
    field, label: labels[field], mine: write(field, body[field]), theirs: write(field, current[field]),
  }));
  if (!current.active) lines.push({ field: "active", label: labels.active, mine: gettext("a la venta"), theirs: gettext("borrado") });
  return lines;
}
