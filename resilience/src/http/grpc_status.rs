use http::StatusCode;

/// The HTTP status that says what the gRPC code with this number says, as the gateways in front of
/// such services answer.
pub(crate) fn status_of_grpc(code: u8) -> StatusCode {
    let status = match code {
        1 => 499,
        3 | 9 | 11 => 400,
        4 => 504,
        5 => 404,
        6 | 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        _ => 500,
    };
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
