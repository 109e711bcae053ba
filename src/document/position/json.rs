//! The places of a JSON text.

use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};

use super::lines::text_start;
use super::tree::{Builder, Children, Key, Shape, Span, Tree};

/// Comments are let through, as there is no harm in knowing where things are; everything else is JSON.
const SCANNER_OPTIONS: ScannerOptions = ScannerOptions {
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

#[derive(Clone, Copy)]
enum Next {
    Value(Option<Key>),
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon(Key),
    CommaOrEnd,
}

/// jsonc-parser's own trees are built by recursion and stop at 512 levels, so only its tokens are used.
pub(super) fn scan(text: &str) -> Option<Tree> {
    let base = text_start(text);
    let mut scanner = Scanner::new(text.get(base..)?, &SCANNER_OPTIONS);
    let mut builder = Builder::default();
    let mut closers: Vec<Token<'static>> = Vec::new();
    let mut next = Next::Value(None);
    while let Some(token) = scanner.scan().ok()? {
        let span = Span::new(base + scanner.token_start(), base + scanner.token_end())?;
        next = match (next, token) {
            (next, Token::CommentLine(_) | Token::CommentBlock(_)) => next,
            (Next::CommaOrEnd, Token::Comma) => match closers.last()? {
                Token::CloseBrace => Next::Key,
                _ => Next::Value(None),
            },
            (
                Next::CommaOrEnd | Next::ValueOrEnd | Next::KeyOrEnd,
                token @ (Token::CloseBrace | Token::CloseBracket),
            ) => {
                if closers.pop()? != token {
                    return None;
                }
                builder.close(Some(span.end()))?;
                Next::CommaOrEnd
            }
            (Next::Key | Next::KeyOrEnd, Token::String(key)) => Next::Colon(builder.key(&key, span)?),
            (Next::Colon(key), Token::Colon) => Next::Value(Some(key)),
            (Next::Value(key), token) => json_value(&mut builder, &mut closers, &token, span, key)?,
            (Next::ValueOrEnd, token) => json_value(&mut builder, &mut closers, &token, span, None)?,
            _ => return None,
        };
    }
    builder.finish()
}

fn json_value(
    builder: &mut Builder,
    closers: &mut Vec<Token<'static>>,
    token: &Token<'_>,
    span: Span,
    key: Option<Key>,
) -> Option<Next> {
    match token {
        Token::OpenBrace => {
            builder.open(span, key, Shape::Mapping(Children::NONE))?;
            closers.push(Token::CloseBrace);
            Some(Next::KeyOrEnd)
        }
        Token::OpenBracket => {
            builder.open(span, key, Shape::Sequence(Children::NONE))?;
            closers.push(Token::CloseBracket);
            Some(Next::ValueOrEnd)
        }
        Token::String(_) | Token::Number(_) | Token::Boolean(_) | Token::Null => {
            builder.leaf(span, key, Shape::Scalar)?;
            Some(Next::CommaOrEnd)
        }
        _ => None,
    }
}

/// Where the last token of a line ends, of which `start` is the first byte that counts; comments do not.
pub(super) fn end_of_last_token(text: &str, start: usize, line_end: usize) -> usize {
    let line = text.get(start..line_end).unwrap_or_default();
    let mut scanner = Scanner::new(line, &SCANNER_OPTIONS);
    let mut end = 0;
    while let Ok(Some(token)) = scanner.scan() {
        if !matches!(token, Token::CommentLine(_) | Token::CommentBlock(_)) {
            end = scanner.token_end();
        }
    }
    start + end
}
