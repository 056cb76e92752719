//! `banso.v1.QueryService/GetTeam`.

use super::asked;
use super::shown::{as_of, moment, party};
use crate::problem::Problem;
use banso_app::App;
use banso_app::views::team_roster::{self, BasisShown, LayerShown, MemberShown, TeamRosterShown};
use banso_proto::v1::{Basis, GetTeamRequest, GetTeamResponse, Layer, Member, TeamLayer};

pub(super) async fn team(app: &App, request: GetTeamRequest) -> Result<GetTeamResponse, Problem> {
    let asked = asked(&request.person, request.valid_at.as_deref(), request.known_at.as_deref())?;
    let TeamRosterShown { as_of: of, layers, former } = app.queries.team(&asked.of, asked.at).await?;
    Ok(GetTeamResponse {
        as_of: Some(as_of(&of)),
        layers: layers.into_iter().map(layer).collect(),
        former: former.into_iter().map(member).collect(),
    })
}

fn layer(shown: LayerShown) -> TeamLayer {
    let LayerShown { layer, label, members } = shown;
    let layer = match layer {
        team_roster::Layer::Person => Layer::Person,
        team_roster::Layer::Family => Layer::Family,
        team_roster::Layer::Community => Layer::Community,
        team_roster::Layer::Professional => Layer::Professional,
    };
    TeamLayer { layer: layer.into(), label, members: members.into_iter().map(member).collect() }
}

fn member(member: MemberShown) -> Member {
    let MemberShown { who, duties, since, until, basis } = member;
    Member {
        who: Some(party(who)),
        duties: duties.map(|duties| duties.reveal().clone()),
        since: since.map(moment),
        until: until.map(moment),
        basis: basis.into_iter().map(ground).collect(),
    }
}

fn ground(ground: BasisShown) -> Basis {
    let BasisShown { label, since, until } = ground;
    Basis { label, since: Some(moment(since)), until: until.map(moment) }
}
