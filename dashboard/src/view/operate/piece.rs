use maud::Markup;

/// An article of a page for operators: it is drawn once, and then only its regions are.
pub(crate) trait Piece {
    /// The id of its element.
    fn id(&self) -> String;

    /// What changes of it, by the id of the element that holds it; nothing in it can have the focus.
    fn regions(&self) -> Vec<(String, Markup)>;

    /// All of it.
    fn whole(&self) -> Markup;
}
