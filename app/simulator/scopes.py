"""The scopes the integration may ask for, in words for people (guide "Integrations and Authorization")."""

SCOPES = {
    "spark:all": "Do everything in Webex that you can do yourself",
    "spark:kms": "Exchange encryption keys to read and write your messages",
    "spark:people_read": "See who you are and look up people in your directory",
    "spark:rooms_read": "See the titles of the rooms you are in",
    "spark:rooms_write": "Make and change rooms for you",
    "spark:memberships_read": "See who is in your rooms",
    "spark:memberships_write": "Add people to your rooms and remove them for you",
    "spark:messages_read": "Read the messages in your rooms",
    "spark:messages_write": "Post and delete messages as you",
    "spark:teams_read": "See the teams you belong to",
    "spark:teams_write": "Make and change teams for you",
    "spark:team_memberships_read": "See who is in your teams",
    "spark:team_memberships_write": "Add people to your teams and remove them for you",
}
