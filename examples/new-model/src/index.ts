export { recipe, type Card } from './recipe.js';
