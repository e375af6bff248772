//! The two lines of the dialog as a state machine ([`Form`]): a key goes in, a [`Step`] comes out.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use symgate_auth::Credentials;

use super::line::{Edit, Line};

/// A name and a password that are being typed.
pub(crate) struct Form {
    name: Name,
    password: Line,
    place: Place,
}

enum Name {
    Given(String),
    Typed(Line),
}

/// Which line is edited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Name,
    Password,
}

/// What a key did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// The person wants no answer to be given.
    Cancel,
    /// The line may have changed.
    Edit,
    /// Another line is edited now.
    Next,
    /// The terminal has another size.
    Resize,
    /// Both are complete.
    Submit,
}

impl Form {
    /// Only the password is asked for.
    pub(crate) fn with_name(name: &str) -> Self {
        Self {
            name: Name::Given(name.to_owned()),
            password: Line::new(""),
            place: Place::Password,
        }
    }

    /// Both are asked for; the name may be changed.
    pub(crate) fn suggesting(name: &str) -> Self {
        Self {
            name: Name::Typed(Line::new(name)),
            password: Line::new(""),
            place: Place::Name,
        }
    }

    /// Both are asked for again: most often it was the password that was wrong, and what is typed in the name's line
    /// can be read.
    pub(crate) fn retrying(name: &str) -> Self {
        Self {
            place: Place::Password,
            ..Self::suggesting(name)
        }
    }

    /// Which line is edited.
    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// What is shown of the edited line in `width` cells, and the cell of the cursor: nothing of a password.
    pub(crate) fn view(&self, width: usize) -> (String, usize) {
        match (self.place, &self.name) {
            (Place::Name, Name::Typed(line)) => line.view(width),
            (Place::Name, Name::Given(_)) | (Place::Password, _) => (String::new(), 0),
        }
    }

    /// The name, as it is so far.
    pub(crate) fn name(&self) -> &str {
        match &self.name {
            Name::Given(name) => name,
            Name::Typed(line) => line.text(),
        }
    }

    /// Takes in what happened at the terminal.
    pub(crate) fn handle(&mut self, event: &Event) -> Step {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.press(*key),
            Event::Paste(text) => {
                // A pasted line is no pressed Enter.
                let line = text.split(['\r', '\n']).next().unwrap_or_default();
                self.edit(Edit::Insert(line))
            }
            Event::Resize(..) => Step::Resize,
            _ => Step::Edit,
        }
    }

    /// The answer.
    pub(crate) fn into_credentials(mut self) -> Credentials {
        let password = self.password.take();
        Credentials::password(self.name(), password)
    }

    fn press(&mut self, key: KeyEvent) -> Step {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Esc => Step::Cancel,
            KeyCode::Enter => self.enter(),
            KeyCode::Tab | KeyCode::Down => self.go(Place::Password),
            KeyCode::BackTab | KeyCode::Up => self.go(Place::Name),
            KeyCode::Backspace => self.edit(Edit::Erase),
            KeyCode::Delete => self.edit(Edit::Delete),
            KeyCode::End => self.edit(Edit::End),
            KeyCode::Home => self.edit(Edit::Home),
            KeyCode::Left => self.edit(Edit::Left),
            KeyCode::Right => self.edit(Edit::Right),
            // Both together are AltGr on Windows, which types characters.
            KeyCode::Char(c) if control == alt => self.edit(Edit::Insert(c.encode_utf8(&mut [0; 4]))),
            KeyCode::Char(c) if control => match c.to_ascii_lowercase() {
                'c' => Step::Cancel,
                'a' => self.edit(Edit::Home),
                'd' if self.is_empty() => Step::Cancel,
                'd' => self.edit(Edit::Delete),
                'e' => self.edit(Edit::End),
                'h' => self.edit(Edit::Erase),
                'j' | 'm' => self.enter(),
                'u' => self.edit(Edit::Clear),
                'w' => self.edit(Edit::EraseWord),
                _ => Step::Edit,
            },
            _ => Step::Edit,
        }
    }

    fn enter(&mut self) -> Step {
        if self.name().is_empty() {
            return Step::Cancel;
        }
        match self.place {
            Place::Name => self.go(Place::Password),
            Place::Password => Step::Submit,
        }
    }

    fn go(&mut self, place: Place) -> Step {
        let possible = match self.name {
            Name::Given(_) => place == Place::Password,
            Name::Typed(_) => true,
        };
        if !possible || place == self.place {
            return Step::Edit;
        }
        self.place = place;
        Step::Next
    }

    /// Whether nothing stands in the edited line.
    fn is_empty(&self) -> bool {
        match self.place {
            Place::Name => self.name().is_empty(),
            Place::Password => self.password.text().is_empty(),
        }
    }

    fn edit(&mut self, edit: Edit<'_>) -> Step {
        match (self.place, &mut self.name) {
            (Place::Name, Name::Typed(line)) => line.edit(edit),
            (Place::Name, Name::Given(_)) | (Place::Password, _) => self.password.edit(edit),
        }
        Step::Edit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> Event {
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn with(modifiers: KeyModifiers, c: char) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
    }

    fn control(c: char) -> Event {
        with(KeyModifiers::CONTROL, c)
    }

    fn text(text: &str) -> Vec<Event> {
        text.chars().map(|c| key(KeyCode::Char(c))).collect()
    }

    fn press(form: &mut Form, events: &[Event]) -> Step {
        events
            .iter()
            .map(|event| form.handle(event))
            .last()
            .unwrap_or(Step::Edit)
    }

    /// The step that the last event makes, the name, and the password.
    fn check(mut form: Form, events: &[Event], expected: (Step, &str, &str)) {
        let step = press(&mut form, events);
        assert_eq!((step, form.name(), form.password.text()), expected, "{events:?}");
    }

    const ENTER: KeyCode = KeyCode::Enter;

    #[test]
    fn name_then_password_then_enter_is_an_answer() {
        let events = [text("al"), vec![key(ENTER)], text("pß"), vec![key(ENTER)]].concat();
        check(Form::suggesting(""), &events, (Step::Submit, "al", "pß"));
        check(Form::suggesting(""), &events[..3], (Step::Next, "al", ""));
        check(Form::with_name("bob"), &events[3..], (Step::Submit, "bob", "pß"));
    }

    #[test]
    fn escape_control_c_and_an_empty_name_cancel() {
        for event in [
            key(KeyCode::Esc),
            control('c'),
            control('C'),
            control('d'),
            key(ENTER),
            control('j'),
            control('m'),
        ] {
            check(Form::suggesting(""), &[event], (Step::Cancel, "", ""));
        }
        for event in [key(KeyCode::Esc), control('c'), control('d')] {
            check(Form::with_name("bob"), &[event], (Step::Cancel, "bob", ""));
        }
        // Erased, and also from the password's line.
        check(
            Form::suggesting("bob"),
            &[control('u'), key(ENTER)],
            (Step::Cancel, "", ""),
        );
        let events = [vec![key(KeyCode::Tab)], text("x"), vec![key(ENTER)]].concat();
        check(Form::suggesting(""), &events, (Step::Cancel, "", "x"));
    }

    #[test]
    fn an_empty_password_is_an_answer() {
        check(Form::with_name("bob"), &[key(ENTER)], (Step::Submit, "bob", ""));
    }

    #[test]
    fn arrows_lead_from_line_to_line_but_not_to_a_given_name() {
        let events = [
            text("a"),
            vec![key(KeyCode::Down)],
            text("p"),
            vec![key(KeyCode::Up)],
            text("b"),
        ]
        .concat();
        check(Form::suggesting(""), &events, (Step::Edit, "ab", "p"));
        for code in [KeyCode::Up, KeyCode::BackTab] {
            let events = [vec![key(code)], text("p")].concat();
            check(Form::with_name("bob"), &events, (Step::Edit, "bob", "p"));
        }
    }

    #[test]
    fn a_second_try_begins_at_the_password() {
        let events = [
            text("p"),
            vec![key(KeyCode::Up)],
            text("x"),
            vec![key(ENTER), key(ENTER)],
        ]
        .concat();
        check(Form::retrying("bob"), &events, (Step::Submit, "bobx", "p"));
        check(Form::retrying("bob"), &events[..1], (Step::Edit, "bob", "p"));
    }

    #[test]
    fn editing_keys_edit_the_line_they_are_in() {
        let code = |codes: &[KeyCode]| codes.iter().map(|code| key(*code)).collect::<Vec<_>>();
        let table = [
            (code(&[KeyCode::Backspace]), "ab"),
            (vec![control('h')], "ab"),
            (code(&[KeyCode::Home, KeyCode::Delete]), "bc"),
            (
                vec![
                    control('a'),
                    key(KeyCode::Delete),
                    control('e'),
                    key(KeyCode::Backspace),
                ],
                "b",
            ),
            (
                code(&[KeyCode::Left, KeyCode::Left, KeyCode::Right, KeyCode::Backspace]),
                "ac",
            ),
            (code(&[KeyCode::Left, KeyCode::End, KeyCode::Backspace]), "ab"),
            (vec![key(KeyCode::Home), control('d')], "bc"),
            (vec![control('w')], ""),
            (
                vec![control('z'), key(KeyCode::F(1)), with(KeyModifiers::ALT, 'x')],
                "abc",
            ),
            (vec![with(KeyModifiers::SHIFT, 'X')], "abcX"),
            (vec![with(KeyModifiers::CONTROL | KeyModifiers::ALT, '@')], "abc@"),
            (vec![Event::Paste("de\rnot this".into())], "abcde"),
            (vec![Event::Paste("\nnothing".into()), Event::FocusLost], "abc"),
        ];
        for (events, expected) in table {
            check(Form::suggesting("abc"), &events, (Step::Edit, expected, ""));
        }
    }

    #[test]
    fn a_released_key_is_no_key() {
        let released = KeyEvent::new_with_kind(ENTER, KeyModifiers::NONE, KeyEventKind::Release);
        check(Form::with_name("bob"), &[Event::Key(released)], (Step::Edit, "bob", ""));
    }

    #[test]
    fn nothing_of_a_password_is_in_the_view() {
        let mut form = Form::with_name("bob");
        press(&mut form, &text("S3cret"));
        assert_eq!(form.view(80), (String::new(), 0));
        assert!(form.into_credentials().same(&Credentials::password("bob", "S3cret")));
    }

    #[test]
    fn a_new_size_draws_anew() {
        check(Form::suggesting("a"), &[Event::Resize(20, 5)], (Step::Resize, "a", ""));
    }
}
